# One image, two programs: the app (what it starts by itself, port 4000) and the worker (`pnpm xnovu worker start`, port 3001).
# What it holds and why: docs/image.md. Everything is built on the builder's own platform; the last stage only copies, so that an image for
# another platform needs no emulation. There is no `# syntax` line: the builder's own frontend has all that is used here, and pulls nothing.

# Node on a slim glibc base: Temporal's native part has no musl build. A mirror is named by the argument, or by a build context named `node`.
ARG BASE_IMAGE=node:24-bookworm-slim
ARG BUILD_IMAGE=${BASE_IMAGE}

FROM ${BASE_IMAGE} AS node

FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS tools
# Empty: npm and pnpm keep their own default.
ARG NPM_REGISTRY=""
ENV npm_config_registry=${NPM_REGISTRY} npm_config_update_notifier=false CI=true NEXT_TELEMETRY_DISABLED=1
# No WORKDIR in the stages of the build: it makes its folder with the commit's time (SOURCE_DATE_EPOCH), so that with every commit all that
# follows would be made again, the packages included.
# Both secrets may be absent: `npmrc` for a registry that wants a login, `ca` for a network whose proxy has its own authority.
RUN --mount=type=bind,source=package.json,target=/tmp/package.json \
    --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca \
    if [ -e /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
    npm install --global --no-audit --no-fund "$(node -p 'require("/tmp/package.json").packageManager.split("+")[0]')"

# Packages: stays as it is until the lock file changes.
FROM tools AS packages
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml /build/
# The rest of the workspace: the lock file holds its packages too, and the checks below need them. The image has none of it.
COPY bench/package.json /build/bench/
COPY packages/novu-emulator/package.json /build/packages/novu-emulator/
COPY packages/test-engine/package.json /build/packages/test-engine/
RUN --mount=type=cache,id=xnovu-pnpm,target=/pnpm,sharing=locked \
    --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca \
    if [ -e /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
    cd /build && pnpm install --frozen-lockfile --store-dir /pnpm/store --package-import-method copy

# ---- checks of `docker buildx bake validate` ---------------------------------------------------------------------------

FROM packages AS checkout
COPY . /build/

FROM checkout AS lint
RUN cd /build && node_modules/.bin/biome check --error-on-warnings --vcs-enabled=false .

FROM checkout AS types
RUN cd /build && node_modules/.bin/tsc -p .

# Those that need neither a database nor git; `make test` runs all.
FROM checkout AS test
RUN cd /build && node --import tsx test/run.ts --unit core/ novu/client novu/reply novu/sync novu/templates novu/workflows scripts/image/version.test.ts scripts/image/reference.test.ts scripts/image/guard.test.ts

# ---- what the image holds ----------------------------------------------------------------------------------------------

FROM packages AS app
COPY next.config.ts proxy.ts tsconfig.json /build/
COPY core /build/core
COPY novu /build/novu
COPY outbox /build/outbox
COPY app /build/app
ARG XNOVU_BUILD_ID=dev
RUN cd /build && NODE_ENV=production XNOVU_BUILD_ID=${XNOVU_BUILD_ID} node_modules/.bin/next build

FROM packages AS files
COPY tsconfig.json /build/
COPY migrations /build/migrations
COPY core /build/core
COPY novu /build/novu
COPY outbox /build/outbox
COPY worker /build/worker
COPY scripts /build/scripts
COPY deploy/image /build/deploy/image
COPY --from=app /build/.next /build/.next
# Only here: the commit's time must not part what is built from the caches of other commits.
ARG SOURCE_DATE_EPOCH
RUN cd /build && node --import tsx scripts/compile/image.ts /out

# ---- the image ---------------------------------------------------------------------------------------------------------

FROM node AS runtime
# From what changes least to what changes most.
COPY --from=files /out/packages/ /
ARG TARGETARCH
COPY --from=files /out/native/${TARGETARCH}/ /
COPY --from=files /out/source/ /
# The image's own pnpm, xnovu and wget come first. All that is ever written goes to /tmp, so the root may be read-only.
ENV PATH=/app/bin:$PATH NODE_ENV=production HOSTNAME=0.0.0.0 PORT=4000 \
    NEXT_TELEMETRY_DISABLED=1 HOME=/tmp TMPDIR=/tmp XNOVU_STATE_DIR=/tmp/xnovu
WORKDIR /app
# A number: Kubernetes cannot tell of a name that it is not root.
USER 65532:65532
EXPOSE 4000 3001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=10s --start-period=40s --retries=3 CMD ["node", "/app/bin/healthcheck.mjs"]
# The base image's entrypoint is not used: the program is the first process and gets the container's signals itself.
ENTRYPOINT []
CMD ["node", "/app/bin/start.mjs", "app"]
