"""What the ZLD_* variables do."""

import dataclasses
from pathlib import Path

import pytest

from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.settings import Settings


def test_an_empty_environment_gives_the_defaults():
    assert Settings.from_environment({}) == Settings(store=None, cache=None, debug=False)


def test_each_variable_has_its_field():
    environment = {"ZLD_STORE": "s3://lab/x.zarr", "ZLD_CACHE": "/tmp/zld", "ZLD_DEBUG": "1"}
    expected = Settings(store="s3://lab/x.zarr", cache=Path("/tmp/zld"), debug=True)
    assert Settings.from_environment(environment) == expected


def test_variables_of_other_versions_are_left_alone():
    assert Settings.from_environment({"ZLD_ROUNDS": "300", "ZLD_FUTURE": "?"}) == Settings()


def test_variables_set_to_nothing_count_as_unset():
    nothing = dict.fromkeys(("ZLD_STORE", "ZLD_CACHE", "ZLD_DEBUG"), " ")
    assert Settings.from_environment(nothing) == Settings()


@pytest.mark.parametrize(
    ("value", "debug"),
    [("1", True), ("true", True), ("Yes", True), ("ON", True), ("0", False), ("No", False)],
)
def test_a_switch_takes_the_usual_words(value, debug):
    assert Settings.from_environment({"ZLD_DEBUG": value}).debug is debug


def test_a_switch_that_is_none_is_refused_in_one_line():
    with pytest.raises(InvalidInputError) as error:
        Settings.from_environment({"ZLD_DEBUG": "Maybe"})
    assert str(error.value) == "ZLD_DEBUG is 'Maybe', no switch. Set it to 1 or 0."


def test_the_cache_may_be_named_from_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    assert Settings.from_environment({"ZLD_CACHE": "~/zld"}).cache == Path("/home/ada/zld")


def test_a_relative_cache_is_refused_in_one_line():
    with pytest.raises(InvalidInputError) as error:
        Settings.from_environment({"ZLD_CACHE": "cache"})
    assert str(error.value) == (
        "ZLD_CACHE is 'cache', which changes with the folder one stands in. "
        "Set it to an absolute path."
    )


def test_the_cache_of_an_unknown_user_is_refused_in_one_line():
    with pytest.raises(InvalidInputError) as error:
        Settings.from_environment({"ZLD_CACHE": "~nobody-of-this-name/zld"})
    assert str(error.value) == (
        "ZLD_CACHE is '~nobody-of-this-name/zld', and that user has no home folder. "
        "Set it to an absolute path."
    )


def test_settings_never_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().store = "elsewhere"
