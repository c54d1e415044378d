FROM node:20-bookworm-slim AS build
# better-sqlite3 and zstd-napi are compiled here, with the image's own headers of Node; no other install script runs.
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts \
 && npm_config_nodedir=/usr/local npm_config_build_from_source=true npm rebuild better-sqlite3 zstd-napi
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
COPY bin bin
COPY proto proto
# The history is not in the context: --build-arg BUILD_REVISION=$(git rev-parse HEAD).
ARG BUILD_REVISION BUILD_DATE
# Of what was compiled only the addons are loaded; types, their sources and maps are for who develops.
RUN node scripts/build.mjs \
 && npm prune --omit=dev --ignore-scripts \
 && rm -rf node_modules/better-sqlite3/deps node_modules/zstd-napi/deps \
 && find node_modules/better-sqlite3/build node_modules/zstd-napi/build -type f ! -name '*.node' -delete \
 && find node_modules dist -type f -regex '.*\.\(map\|[cm]?ts\)' -delete

FROM node:20-bookworm-slim
# journalctl, for the journal collector, without the rest of its package.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libsystemd-shared \
 && cd /tmp && apt-get download systemd && dpkg --fsys-tarfile systemd_*.deb | tar -x -C / ./bin/journalctl \
 && rm -rf systemd_*.deb /var/lib/apt/lists/*
ENV NODE_ENV=production \
    SKALD_DATA_DIR=/data \
    SKALD_HTTP_LISTEN_ADDRESS=0.0.0.0
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY proto proto
COPY package.json LICENSE ./
# Nothing but /data is written to: the root file system may be read-only.
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3100
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.SKALD_HTTP_LISTEN_PORT||3100)+'/ready').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["bin/skald"]
