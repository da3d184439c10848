# The one image of all functions: FUNCTION_SOURCE and FUNCTION_TARGET choose the step (see knative/).
FROM python:3.11-slim-bookworm AS build
COPY requirements.txt /
# pip compiles to bytecode while it installs; without bytecode a cold start takes three times as long.
RUN python -m venv /opt/keptn && /opt/keptn/bin/pip install --no-cache-dir -r requirements.txt
COPY keptn /app/keptn
COPY functions /app/functions
COPY shipyard-schemas /app/shipyard-schemas
RUN /opt/keptn/bin/python -m compileall -q /app

FROM python:3.11-slim-bookworm
COPY --from=build /opt/keptn /opt/keptn
COPY --from=build /app /app
# The root file system is read-only in the cluster: nothing is written, bytecode is there already.
ENV PATH=/opt/keptn/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORT=8080
WORKDIR /app
USER 65532:65532
CMD ["functions-framework", "--signature-type=http"]
