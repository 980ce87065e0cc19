# The game on one port. Assets come from npm, Python packages from the lock; neither stays in a layer it is not needed in.
FROM node:22-slim AS assets
WORKDIR /assets
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund --ignore-scripts

FROM python:3.12-slim
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
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . \
  && useradd --create-home --uid 10001 uncordon && mkdir /data && chown uncordon /data
USER uncordon
VOLUME /data
EXPOSE 8247
# Inside the container the port is all there is; docker-compose.yml publishes it on loopback.
CMD ["uncordon", "serve", "--host", "0.0.0.0", "--port", "8247", "--data", "/data"]
