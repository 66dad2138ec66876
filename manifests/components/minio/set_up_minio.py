"""Make MinIO's buckets, and for each the one user who may write to it.

`python set_up_minio.py http://minio:9000 /secrets`: a folder for each Secret, with a file for each
of its keys. Run again, it sets the same again. The only place that knows that our S3 is MinIO.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from minio import Minio
from minio.credentials import StaticProvider
from minio.error import MinioAdminException
from minio.minioadmin import MinioAdmin

USERS = {
    "zld": ("zld-s3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    "argo-artifacts": ("argo-artifacts", "accesskey", "secretkey"),
}
"""Each bucket, and the Secret of its user: the keys of the user's name and password."""

ROOT = ("minio-root", "rootUser", "rootPassword")

ON_BUCKET = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
ON_OBJECTS = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
]


def main(url: str, secrets: Path) -> None:
    """Wait for what is needed, then make buckets, policies and users."""
    wait_for(lambda: missing_secrets(secrets))
    wait_for(lambda: missing_server(url))
    host, secure = urlsplit(url).netloc, url.startswith("https:")
    root = StaticProvider(*read_secret(secrets, *ROOT))
    client = Minio(endpoint=host, credentials=root, secure=secure)
    admin = MinioAdmin(endpoint=host, credentials=root, secure=secure)
    for bucket, secret in USERS.items():
        if not client.bucket_exists(bucket):
            client.make_bucket(bucket)
            print(f"bucket {bucket}: made")
        name, password = read_secret(secrets, *secret)
        admin.policy_add(bucket, policy=policy_for(bucket))
        admin.user_add(name, password)
        attach(admin, bucket, name)
        print(f"bucket {bucket}: {name} may read and write it, and nothing else")


def wait_for(missing: Callable[[], str]) -> None:
    """Wait as long as something is missing, and say what."""
    said = ""
    while what := missing():
        if what != said:
            print(f"Waiting for {what}", flush=True)
        said = what
        time.sleep(1)


def missing_secrets(secrets: Path) -> str:
    """Name the Secrets that are not there, and what makes them."""
    needed = [*USERS.values(), ROOT]
    missing = [name for name, *keys in needed if not has_keys(secrets / name, keys)]
    return f"the Secrets {', '.join(missing)}. Run: make secrets" if missing else ""


def has_keys(folder: Path, keys: Sequence[str]) -> bool:
    """Tell whether a Secret's folder holds all keys."""
    return all((folder / key).exists() for key in keys)


def missing_server(url: str) -> str:
    """Name MinIO as long as it takes no requests."""
    try:
        with urlopen(f"{url}/minio/health/ready", timeout=5):  # noqa: S310 - a URL of the manifests
            return ""
    except OSError:  # nobody there yet, or an answer that is no success
        return f"MinIO at {url}"


def read_secret(secrets: Path, name: str, user: str, password: str) -> tuple[str, str]:
    """Read a user's name and password."""
    return (secrets / name / user).read_text(), (secrets / name / password).read_text()


def policy_for(bucket: str) -> dict[str, object]:
    """Give what a user needs to read and write one bucket."""
    resource = f"arn:aws:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ON_BUCKET, "Resource": [resource]},
            {"Effect": "Allow", "Action": ON_OBJECTS, "Resource": [f"{resource}/*"]},
        ],
    }


def attach(admin: MinioAdmin, policy: str, user: str) -> None:
    """Give a user a policy, unless it has it."""
    try:
        admin.attach_policy([policy], user=user)
    except MinioAdminException as error:
        if "PolicyChangeAlreadyApplied" not in str(error):
            raise


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
