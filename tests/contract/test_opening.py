"""From what a user says to the place that is meant; what cannot be meant is refused."""

import obstore.store
import pytest
import zarr
from zarr.storage import FsspecStore

from zarr_linked_data.errors import StoreError, StoreNotFoundError
from zarr_linked_data.storage import FolderStorage, open_storage


class TestOpening:
    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(StoreNotFoundError, match=r"nothing'.*no such folder.*Check the path"):
            open_storage(tmp_path / "nothing")
        open_storage(str(tmp_path / "nothing"), create=True).write("a", b"")
        assert (tmp_path / "nothing/a").exists()

    def test_a_file_is_no_store(self, tmp_path):
        (tmp_path / "lab.zip").write_bytes(b"")
        for create in (False, True):
            with pytest.raises(StoreNotFoundError, match=r"it is a file.*ZipStore"):
                open_storage(tmp_path / "lab.zip", create=create)

    def test_home_and_file_urls(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "my lab").mkdir()
        for location in ("~/my lab", f"file://{tmp_path}/my%20lab", f"{tmp_path}/./my lab/"):
            assert open_storage(location).url == f"{tmp_path}/my lab"

    @pytest.mark.parametrize("location", ["", "~nobody-at-all/x", "a\0b", "x" * 300])
    def test_names_of_nothing(self, location):
        with pytest.raises(StoreError, match=r"Cannot open '.*(Give|Check|Choose) "):
            open_storage(location)

    @pytest.mark.parametrize("location", ["gs://b/x", "ftp://h/x", "file://elsewhere/x", "s3:///x"])
    def test_unknown_places_are_refused(self, location):
        with pytest.raises(StoreNotFoundError, match=r"Cannot open '.*(Give|Write) "):
            open_storage(location)

    def test_a_path_made_of_a_url(self, tmp_path):
        from pathlib import Path

        with pytest.raises(StoreNotFoundError, match="Give the URL as text"):
            open_storage(Path("s3://bucket/lab"))

    def test_objects_that_are_no_place(self):
        with pytest.raises(StoreNotFoundError, match=r"type 'int'.*is no place"):
            open_storage(5)

    def test_stores_of_zarr_and_obstore_become_what_they_stand_for(self, tmp_path):
        local = open_storage(zarr.storage.LocalStore(tmp_path))
        assert isinstance(local, FolderStorage)
        assert local.writable()
        assert not open_storage(zarr.storage.LocalStore(tmp_path, read_only=True)).writable()
        assert open_storage(obstore.store.LocalStore(tmp_path)).url == str(tmp_path)
        bucket = obstore.store.S3Store("lab", prefix="a/b", endpoint="http://127.0.0.1:1")
        assert open_storage(zarr.storage.ObjectStore(bucket)).url == "s3://lab/a/b"
        assert not open_storage(zarr.storage.ObjectStore(bucket, read_only=True)).writable()
        local_fsspec = FsspecStore.from_url(f"file://{tmp_path}")
        assert open_storage(local_fsspec).url == str(tmp_path)

    def test_passwords_are_not_in_the_url(self):
        web = open_storage("https://ada:secret@lab.org/data/lab.zarr/?token=secret")
        assert web.url == "https://lab.org/data/lab.zarr"
        assert "secret" not in repr(web)

    @pytest.mark.parametrize("scheme", ["s3", "ftp", "http"])
    def test_passwords_are_in_no_message(self, scheme):
        with pytest.raises(StoreNotFoundError) as refusal:
            open_storage(f"{scheme}://ada:secret@")
        assert "secret" not in str(refusal.value)
