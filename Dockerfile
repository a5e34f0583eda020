# Tyler Setup as an image: docs/operate.md, "As a container". Both images are given by digest, so that the same
# arguments are the same image:
#   docker build --build-arg NODE_IMAGE=node@sha256:... --build-arg BASE_IMAGE=gcr.io/distroless/cc-debian12@sha256:... \
#     --build-arg TYLER_COMMIT="$(git rev-parse HEAD)" --build-arg SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)" \
#     --build-arg CREATED="$(git log -1 --format=%cI)" .

# Debian's Node with npm, of any version from 20: it only fetches what the lock names, the Node that runs among it.
ARG NODE_IMAGE
# glibc, libstdc++ and the usual certificates; no shell, no package manager.
ARG BASE_IMAGE

FROM ${NODE_IMAGE} AS build
ARG NODE_IMAGE
ARG BASE_IMAGE
RUN for image in "$NODE_IMAGE" "$BASE_IMAGE"; do case "$image" in *@sha256:*) ;; *) echo "not given by its digest: $image" >&2; exit 1 ;; esac; done
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# Nothing of anybody's runs while it is installed.
RUN npm ci --omit=dev --ignore-scripts
COPY bin bin
COPY src src
COPY tools/build.ts tools/build.ts
ARG TYLER_COMMIT=""
ARG SOURCE_DATE_EPOCH=""
RUN node_modules/.bin/node tools/build.ts
RUN mkdir -m 0700 empty

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="Tyler Setup" \
      org.opencontainers.image.description="A governed front door to a company's secrets" \
      org.opencontainers.image.licenses="Apache-2.0"
ARG TYLER_VERSION="0.1.0"
ARG TYLER_COMMIT=""
ARG CREATED=""
LABEL org.opencontainers.image.version="${TYLER_VERSION}" \
      org.opencontainers.image.revision="${TYLER_COMMIT}" \
      org.opencontainers.image.created="${CREATED}"
COPY LICENSE /app/LICENSE
COPY --from=build /build/package.json /app/package.json
COPY --from=build /build/node_modules /app/node_modules
COPY --from=build /build/bin /app/bin
COPY --from=build /build/dist /app/dist
# A volume that is made for these folders takes their owner and mode.
COPY --from=build --chown=65532:65532 /build/empty /data
COPY --from=build --chown=65532:65532 /build/empty /mirror
ENV NODE_ENV=production HOST=0.0.0.0 PORT=7070 TYLER_DATA_DIR=/data TYLER_MIRROR_DIR=/mirror
WORKDIR /app
USER 65532:65532
EXPOSE 7070
VOLUME ["/data", "/mirror"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/app/node_modules/.bin/node", "--disable-sigusr1", "/app/bin/inner.js", "server", "health"]
ENTRYPOINT ["/app/node_modules/.bin/node", "--disable-sigusr1", "/app/bin/inner.js", "server"]
CMD ["serve"]
