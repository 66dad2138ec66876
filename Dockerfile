# One image for the pods of flows and for what runs beside them. Docker and buildah both build it.
#
#   make image                                                  builds it, and hands it to the cluster
#   docker build --secret id=ca,src=/path/to/ca.pem .           where the network has a certificate of its own
#
# Metaflow wants of it: bash, coreutils, GNU tar, `python` on the path, a folder to write to that it starts in, and
# nothing named `metaflow` in that folder.
ARG BASE_IMAGE=docker.io/library/python:3.11-slim-bookworm

# The dependencies, as locked, in an environment without a pip of its own: these change seldom.
FROM ${BASE_IMAGE} AS dependencies
RUN python -m venv --without-pip /opt/zld
COPY requirements-image.txt /tmp/
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    pip --python /opt/zld/bin/python install --no-cache-dir --disable-pip-version-check --only-binary :all: \
        --require-hashes --requirement /tmp/requirements-image.txt

# Our package, into a folder that lies over that environment: this changes with each commit.
FROM dependencies AS package
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY zarr_linked_data zarr_linked_data
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    pip --python /opt/zld/bin/python install --no-cache-dir --disable-pip-version-check --no-deps --prefix /package .

FROM ${BASE_IMAGE}
RUN groupadd --gid 10001 zld && useradd --uid 10001 --gid 10001 --create-home --shell /bin/bash zld
# A login shell sets the path anew.
RUN echo 'PATH=/opt/zld/bin:$PATH' > /etc/profile.d/zld.sh
COPY --from=dependencies /opt/zld /opt/zld
COPY --from=package /package /opt/zld
COPY data/campaign.jsonld /usr/share/zarr-linked-data/data/
COPY flows /usr/share/zarr-linked-data/flows
# The requirements are here already: without the first setting each pod would ask PyPI for boto3 before it starts.
ENV PATH=/opt/zld/bin:/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin \
    METAFLOW_SKIP_INSTALL_DEPENDENCIES=1 \
    MPLBACKEND=Agg \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /home/zld
CMD ["zld", "--help"]
