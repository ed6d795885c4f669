//! Whether a folder is on a file system of the network, told by its type.

use std::path::Path;

/// File systems whose files other machines can open. Their locks, and the memory that SQLite shares between processes,
/// cannot be trusted.
const NETWORK: &[&str] = &[
    "9p",
    "acfs",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "panfs",
    "pvfs2",
    "smb3",
    "smbfs",
];
/// What such a file system is called where a program of the user serves it.
const FUSE: &[&str] = &[
    "afp",
    "ceph",
    "curlftpfs",
    "davfs",
    "davfs2",
    "gcsfuse",
    "glusterfs",
    "goofys",
    "juicefs",
    "moosefs",
    "rclone",
    "s3fs",
    "smbnetfs",
    "sshfs",
];

/// The type of the file system of a folder if it is one of the network; `None` also where the system does not tell.
pub(super) fn file_system(folder: &Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    of(&mounts, folder)
}

/// The same, by the text of `/proc/self/mountinfo`.
fn of(mounts: &str, folder: &Path) -> Option<String> {
    let mut deepest: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let Some((mount, file_system)) = line.split_once(" - ") else { continue };
        let (Some(point), Some(kind)) = (mount.split(' ').nth(4), file_system.split(' ').next()) else {
            continue;
        };
        let point = unescaped(point);
        // The later one of two at the same place covers the other.
        if folder.starts_with(&point) && deepest.is_none_or(|(length, _)| point.len() >= length) {
            deepest = Some((point.len(), kind));
        }
    }
    let (_, kind) = deepest?;
    let network = match kind.strip_prefix("fuse.") {
        Some(served) => FUSE.contains(&served),
        None => NETWORK.contains(&kind),
    };
    network.then(|| kind.to_owned())
}

/// Spaces and the like are written as three octal digits.
fn unescaped(point: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(point.to_owned(), |point, (escape, c)| point.replace(escape, c))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
        22 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n\
        30 22 0:27 / /var/lib/jobs rw - nfs4 server:/jobs rw\n\
        31 30 259:2 / /var/lib/jobs/local rw - xfs /dev/vdb rw\n\
        32 22 0:30 / /mnt/a\\040b rw - fuse.sshfs me@host: rw\n\
        33 22 0:31 / /mnt/ntfs rw - fuse.ntfs-3g /dev/sdb rw\n\
        34 22 0:32 / /mnt/covered rw - cifs //host/share rw\n\
        35 34 259:3 / /mnt/covered rw - ext4 /dev/vdc rw\n";

    #[test]
    fn the_innermost_mount_tells_the_type() {
        for (folder, expected) in [
            ("/var/lib", None),
            ("/var/lib/jobs", Some("nfs4")),
            ("/var/lib/jobs/deep/er", Some("nfs4")),
            ("/var/lib/jobs2", None),
            ("/var/lib/jobs/local/x", None),
            ("/mnt/a b/c", Some("fuse.sshfs")),
            ("/mnt/ntfs", None),
            ("/mnt/covered/x", None),
        ] {
            assert_eq!(of(MOUNTS, Path::new(folder)).as_deref(), expected, "{folder}");
        }
        assert_eq!(of("no mounts\n", Path::new("/")), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_folder_of_the_tests_is_on_this_machine() {
        assert_eq!(file_system(&std::env::temp_dir()), None);
    }
}
