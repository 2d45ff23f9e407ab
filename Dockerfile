# One image for web server, daemon, code server and the endpoint for pushes; the command says which:
#   dagster-webserver -h 0.0.0.0 -p 3000 -w workspace.yaml
#   dagster-daemon run -w workspace.yaml
#   dagster code-server start -h 0.0.0.0 -p 4000 -m data_platform.definitions
#   python -m data_platform serve --host 0.0.0.0
# All state is in the volume /state.
ARG PYTHON_VERSION=3.12

FROM python:${PYTHON_VERSION}-slim AS build
RUN python -m venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
# The locked packages change rarely, the platform often: two layers.
COPY requirements.lock ./
RUN pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml workspace.yaml README.md LICENSE ./
COPY data_platform ./data_platform
# Editable, so that the layout is the one of development: Dagster finds the project by its pyproject.toml.
RUN pip install --no-deps --no-build-isolation --editable .

FROM python:${PYTHON_VERSION}-slim
RUN useradd --system --user-group --no-create-home --home-dir /state platform \
    && install --directory --owner platform --group platform /state
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_PLATFORM_HOME=/state DAGSTER_HOME=/state/dagster
WORKDIR /app
USER platform
VOLUME /state
EXPOSE 3000 4000 8300
# dagster.yaml is written into the volume before Dagster looks for it.
ENTRYPOINT ["/bin/sh", "-c", "python -m data_platform.dagster_home > /dev/null && exec \"$@\"", "data_platform"]
CMD ["dagster-webserver", "-h", "0.0.0.0", "-p", "3000", "-w", "workspace.yaml"]
