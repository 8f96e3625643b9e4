#!/bin/sh
# Makes a package of a tree that has bin and share in usr:
# Packaging/debian/build.sh TREE VERSION MAINTAINER EPOCH OUTPUT-FOLDER
set -eu
tree=$1 version=$2 maintainer=$3 epoch=$4 output=$5
here=$(dirname "$0")
architecture=$(dpkg --print-architecture)
documents=$tree/usr/share/doc/dbn-convert
glibc=$(objdump -T "$tree/usr/bin/dbn-convert" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1)

# Where Debian has them. The licence itself is in every system.
mv "$tree/usr/share/zsh/site-functions" "$tree/usr/share/zsh/vendor-completions"
rm "$documents/LICENSE"
mv "$documents/CHANGELOG.md" "$documents/NEWS.md"
install -m 644 "$here/copyright" "$documents/copyright"
install -D -m 644 "$here/lintian-overrides" "$tree/usr/share/lintian/overrides/dbn-convert"
cat >"$documents/changelog" <<END
dbn-convert ($version) unstable; urgency=medium

  * What is new is in NEWS.md.gz.

 -- $maintainer  $(date -u -R -d "@$epoch")
END
gzip -9n "$documents/changelog" "$documents/NEWS.md" "$tree"/usr/share/man/man1/*.1

mkdir -p "$tree/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" \
  -e "s/@MAINTAINER@/$maintainer/" -e "s/@GLIBC@/${glibc#GLIBC_}/" \
  -e "s/@SIZE@/$(du -sk "$tree/usr" | cut -f 1)/" "$here/control" >"$tree/DEBIAN/control"
(cd "$tree" && find usr -type f | LC_ALL=C sort | xargs md5sum >DEBIAN/md5sums)
mkdir -p "$output"
SOURCE_DATE_EPOCH=$epoch dpkg-deb --root-owner-group --build "$tree" \
  "$output/dbn-convert_${version}_$architecture.deb"
