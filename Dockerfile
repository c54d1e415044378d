# syntax=docker/dockerfile:1
FROM node:20-bookworm-slim AS build
# better-sqlite3 and zstd-napi are compiled here.
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
COPY proto proto
# The history is not in the context: --build-arg BUILD_REVISION=$(git rev-parse HEAD).
ARG BUILD_REVISION BUILD_DATE
RUN node scripts/build.mjs && npm prune --omit=dev

FROM node:20-bookworm-slim
# journalctl, for the journal collector.
RUN apt-get update && apt-get install -y --no-install-recommends systemd && rm -rf /var/lib/apt/lists/*
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
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.SKALD_HTTP_LISTEN_PORT||3100)+'/ready').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
