#!/usr/bin/env bash
# Packages every function as target/lambda/<function>/bootstrap.zip, without an AWS account and without Docker.
#
#   infra/checks/package.sh [x86-64|arm64]
#
# Linking is zig's, because provided.al2023 has an older C library than most machines that build for it. arm64, which is what the
# template deploys, also needs `rustup target add aarch64-unknown-linux-gnu`; cargo-lambda would run that by itself, and a check does
# not change the toolchain behind anybody's back.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

python3 -m venv target/package-venv
target/package-venv/bin/pip install --quiet --disable-pip-version-check cargo-lambda==1.9.2 ziglang==0.17.0
export PATH="$PWD/target/package-venv/bin:$PATH"
cargo lambda --version

# Functions only: the workspace's other binaries run on a laptop.
packages=()
for manifest in functions/*/Cargo.toml; do
  packages+=(--package "$(basename "$(dirname "$manifest")")")
done
cargo lambda build --release --locked --skip-target-check --output-format zip "--${1:-x86-64}" "${packages[@]}"
ls -l target/lambda/*/bootstrap.zip
