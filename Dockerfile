# docker build --tag dbn-convert .
# docker run --rm --volume "$PWD:/data" dbn-convert info model.pth
FROM swift:6.3-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends \
  libhdf5-dev zlib1g-dev pkg-config make && rm -rf /var/lib/apt/lists/*
COPY . /source
WORKDIR /source
RUN make dist && mkdir /result && cp -r .build-dist/dbn-convert-*-linux-*/. /result

FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends libdnnl2 && \
  rm -rf /var/lib/apt/lists/*
COPY --from=build /result /usr/local
WORKDIR /data
ENTRYPOINT ["dbn-convert"]
