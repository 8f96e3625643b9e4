#!/bin/sh
# Tries the archive of `make dist` in a root that has the files of glibc and nothing else, not even
# /proc: Tests/Distribution/empty_root.sh ARCHIVE
set -eu
archive=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
tar -xzf "$archive" -C "$root" --strip-components 1
cp Fixtures/torch/digits-standard/checkpoint.pth "$root/digits.pth"
cp Fixtures/torch/digits-shards/checkpoint.pth "$root/shards.pth"
cp Fixtures/torch/digits-shards/model.pt2 "$root"

ldd "$root/bin/dbn-convert" | grep -o '/[^ ]*' | while read -r library; do
  case $library in
  */ld-linux*.so.* | */libc.so.6 | */libm.so.6 | */libdl.so.2 | */libpthread.so.0 | */librt.so.1) ;;
  *) echo "dbn-convert needs $library, which is not glibc's" && exit 1 ;;
  esac
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

# As root, or in a namespace in which the user is.
inside() {
  if [ "$(id -u)" = 0 ]; then
    env -i PATH="$PATH" chroot "$root" "$@"
  else
    env -i PATH="$PATH" unshare --map-root-user chroot "$root" "$@"
  fi
}

expect() {
  expected=$1
  shift
  printf '$ %s\n' "$*"
  status=0
  inside "$@" || status=$?
  [ "$status" = "$expected" ] || { echo "exit status $status instead of $expected" && exit 1; }
}

version=$(basename "$archive" | sed 's/dbn-convert-\(.*\)-linux-.*/\1/')
[ "$(inside /bin/dbn-convert --version)" = "$version" ] || { echo "not version $version" && exit 1; }
expect 0 /bin/dbn-convert to-distributed digits.pth digits-x8.h5 --world-size 8 --verify
expect 0 /bin/dbn-convert to-standard digits-x8.h5 digits.safetensors
expect 0 /bin/dbn-convert verify digits.pth digits-x8.h5 --report digits.html
expect 0 /bin/dbn-convert info digits.safetensors
# A model runs on the reference engine. oneDNN is not there: an error for whoever asks for it.
expect 0 /bin/dbn-convert verify shards.pth shards.pth --model model.pt2 --engine reference
expect 2 /bin/dbn-convert verify shards.pth shards.pth --model model.pt2 --engine onednn 2>"$root/error"
grep 'engine onednn\|libdnnl' "$root/error"
expect 64 /bin/dbn-convert convert
for file in bin/dbn-convert share/man/man1/dbn-convert.1 share/doc/dbn-convert/LICENSE \
  share/doc/dbn-convert/licences/hdf5.txt share/bash-completion/completions/dbn-convert \
  share/zsh/site-functions/_dbn-convert share/fish/vendor_completions.d/dbn-convert.fish \
  digits-x8.h5 digits.html; do
  [ -s "$root/$file" ] || { echo "no $file" && exit 1; }
done
echo "ok: $archive works with glibc alone"
