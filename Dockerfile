# The autotraj command with all packages of this repository.
#
#   docker build -t autotraj .
#   docker run --rm -it -v "$PWD:/autotraj/work" -v autotraj-cache:/cache autotraj plan my-preset.yaml
#
# bubblewrap needs user namespaces inside the container (--security-opt seccomp=unconfined, or a profile that allows them); without, Python runs in WebAssembly.
# Trainers install what they need into /cache when they are first asked for.

FROM node:24-bookworm-slim AS development
RUN apt-get update \
  && apt-get install --yes --no-install-recommends bubblewrap ca-certificates git python3 python3-pip python3-venv \
  && rm -rf /var/lib/apt/lists/*

FROM development AS build
WORKDIR /autotraj
COPY . .
RUN npm ci --ignore-scripts --no-audit --no-fund \
  && npm run build \
  && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM development
ENV XDG_CACHE_HOME=/cache
COPY --from=build --chown=node:node /autotraj /autotraj
RUN mkdir -p /cache /autotraj/work && chown node:node /cache /autotraj/work
USER node
# Below /autotraj, so that presets here find the packages there.
WORKDIR /autotraj/work
VOLUME ["/cache"]
ENTRYPOINT ["node", "/autotraj/cli/bin/autotraj.js"]
CMD ["--help"]
