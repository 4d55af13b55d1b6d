# everup in a container: docs/deploy.md says how it is run.

FROM docker.io/library/rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo install --locked --path . --root /everup && mkdir /data

# What everup needs is a C library and the certificates of the authorities; there is no shell
# and no package manager that somebody who breaks in could use, and nothing to keep up to date
# but these. The user is nonroot, 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /everup/bin/everup /usr/local/bin/everup
COPY --from=build --chown=65532:65532 /data /data
# The database is everup.db in here, and config.toml is read from here if nothing else is said.
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=15s --start-period=5m \
    CMD ["/usr/local/bin/everup", "probe", "http://127.0.0.1:8000/health"]
ENTRYPOINT ["/usr/local/bin/everup"]
# 0.0.0.0 is every network of the container only: which of them reach it is said where it is
# published.
CMD ["run", "--listen", "0.0.0.0:8000"]
