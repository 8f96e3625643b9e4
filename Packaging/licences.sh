#!/bin/sh
# Copies the licences of everything that is linked into the command of `make dist`, as the packages
# have them that it was taken from: Packaging/licences.sh FOLDER
set -eu
folder=$1

copy() {
  cp "$2" "$folder/$1.txt"
}

swift=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
copy swift "$swift/share/swift/LICENSE.txt"
copy swift-argument-parser .build/checkouts/swift-argument-parser/LICENSE.txt
copy hdf5 /usr/share/doc/libhdf5-dev/copyright
copy libaec /usr/share/doc/libaec-dev/copyright
copy zlib /usr/share/doc/zlib1g-dev/copyright
# libstdc++ and libgcc, with the exception that lets them be part of any program.
release=$(basename "$(dirname "$(clang -print-file-name=libstdc++.a)")")
copy gcc "/usr/share/doc/gcc-$release-base/copyright"
chmod 644 "$folder"/*
