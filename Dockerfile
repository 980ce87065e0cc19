# Two images. `--target workload` is small: what runs in the pods of a real cluster, and a few tools that people expect inside a
# container. Which program runs, and in which version, is said by the images that are made of it.
FROM python:3.12-slim AS workload
RUN apt-get update \
  && apt-get install -y --no-install-recommends curl iproute2 netcat-openbsd postgresql-client procps \
  && rm -rf /var/lib/apt/lists/*
ENV PYTHONUNBUFFERED=1 PYTHONPATH=/uncordon
WORKDIR /uncordon
COPY sim/__init__.py sim/
COPY sim/workload sim/workload
RUN python -m compileall -q sim && useradd --create-home --uid 10001 uncordon
USER uncordon
CMD ["python3", "-m", "sim.workload"]

# The game on one port. Assets come from npm, Python packages from the lock; npm itself stays behind in its stage.
FROM node:22-slim AS assets
WORKDIR /assets
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund --ignore-scripts

FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1
WORKDIR /uncordon
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY sim ./sim
COPY web ./web
COPY scenarios ./scenarios
COPY --from=assets /assets/node_modules/@xterm/xterm/lib/xterm.mjs /assets/node_modules/@xterm/xterm/css/xterm.css \
  /assets/node_modules/@xterm/addon-fit/lib/addon-fit.mjs \
  /assets/node_modules/uplot/dist/uPlot.esm.js /assets/node_modules/uplot/dist/uPlot.min.css web/static/vendor/
# Compiled here, because the user that serves may not write beside the sources. The install is editable, so that the
# scenarios are found beside the code.
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . \
  && python -m compileall -q sim web \
  && useradd --create-home --uid 10001 uncordon && mkdir /data && chown uncordon /data
USER uncordon
VOLUME /data
EXPOSE 8247
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8247/', timeout=2)"]
# Inside the container the port is all there is; docker-compose.yml publishes it on loopback.
CMD ["uncordon", "serve", "--host", "0.0.0.0", "--port", "8247", "--data", "/data"]
