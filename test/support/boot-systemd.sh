#!/bin/sh
# Boots systemd in namespaces of its own, on a copy of this machine's files that is kept in memory and forgotten at
# the end. To be run by `unshare --mount --pid --cgroup --uts --ipc --fork`: boot-systemd.sh DIRECTORY SHARED [OTHER]
# SHARED is seen as it is; everything else that is written stays in the copy. OTHER has the files of another systemd.
set -eu
at=$1
shared=$2
other=${3:-}
mount --make-rprivate /
mount -t tmpfs none "$at"
mkdir "$at/upper" "$at/work" "$at/root"
root=$at/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$at/upper,workdir=$at/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount --rbind /dev "$root/dev"
mkdir -p "$root$shared"
mount --bind "$shared" "$root$shared"
for part in bin sbin lib usr/bin usr/sbin usr/lib; do
  # /lib may be a link to usr/lib.
  [ -z "$other" ] || [ ! -d "$other/$part" ] || cp -a "$other/$part/." "$root/usr/${part#usr/}/"
done
# Nothing of this machine is started.
rm -rf "$root"/lib/systemd/system/*.wants "$root"/usr/lib/systemd/system/*.wants "$root"/etc/systemd/system/*
: >"$root/etc/fstab"
printf '[Unit]\nRequires=sysinit.target basic.target dbus.socket\n' >"$root/etc/systemd/system/boot.target"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
cd "$root"
mkdir old
pivot_root . old
umount -l /old
init=/lib/systemd/systemd
[ -x "$init" ] || init=/usr/lib/systemd/systemd
exec env -i container=lxc PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin "$init" --system --unit=boot.target
