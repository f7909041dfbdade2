# The image of crossgo's frontend: one static binary from scratch. Nothing here needs a shell, so that any image with Go in
# its PATH can stand in for the first one.
ARG GO_VERSION=1.26.8

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION} AS build
WORKDIR /src
ARG GOPROXY GOSUMDB TARGETOS TARGETARCH VERSION
ENV CGO_ENABLED=0 GOTOOLCHAIN=local GOCACHE=/cache/build GOMODCACHE=/cache/mod
RUN --mount=type=bind,target=. --mount=type=cache,target=/cache --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    ["go", "run", "./hack/gobuild", "/crossgo-frontend", "./cmd/crossgo-frontend"]

FROM scratch
COPY --from=build /crossgo-frontend /crossgo-frontend
LABEL moby.buildkit.frontend.network.none="true" \
      moby.buildkit.frontend.caps="moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests,moby.buildkit.frontend.contexts" \
      org.opencontainers.image.title="crossgo" \
      org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/crossgo-frontend"]
