//! `sys/host-info` (<https://developer.hashicorp.com/vault/api-docs/system/host-info>), from what the kernel tells.

use std::fs::File;
use std::io::Read;

use serde_json::{Map, Value, json};
use strongroom_engine::operations::system::{ReadSystem, SystemPage};

use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;

/// The most that is read of one of the kernel's files, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// The most processors and file systems that are told of.
const TOLD_MAX: usize = 256;
/// The members of a line of `/proc/stat`, in its order, in Vault's words (proc_stat(5)).
const TIMES: &[&str] =
    &["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guestNice"];
/// The lines of `/proc/meminfo` that are told of, and Vault's words for them (proc_meminfo(5)).
const MEMORY: &[(&str, &str)] = &[
    ("MemTotal", "total"),
    ("MemAvailable", "available"),
    ("MemFree", "free"),
    ("Active", "active"),
    ("Inactive", "inactive"),
    ("Buffers", "buffers"),
    ("Cached", "cached"),
    ("SwapTotal", "swapTotal"),
    ("SwapFree", "swapFree"),
];

pub(super) fn host_info(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&ReadSystem(SystemPage::HostInfo))?;
    let (system, numbers) = (rustix::system::uname(), rustix::system::sysinfo());
    let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let now_secs = call.now().0 / 1_000;
    let uptime = u64::try_from(numbers.uptime).unwrap_or(0);
    Ok(Reply::data(json!({
        "timestamp": super::leases::rfc3339(call.now()),
        "host": {
            "hostname": text(system.nodename()),
            "os": text(system.sysname()).to_lowercase(),
            "kernelVersion": text(system.release()),
            "kernelArch": text(system.machine()),
            "procs": numbers.procs,
            "uptime": uptime,
            "bootTime": now_secs.saturating_sub(uptime),
        },
        "cpu": processors(&contents("/proc/cpuinfo")),
        "cpu_times": times(&contents("/proc/stat")),
        "memory": memory(&contents("/proc/meminfo")),
        "disk": disks(&contents("/proc/self/mounts")),
    })))
}

/// A file of the kernel's; empty where there is none.
fn contents(path: &str) -> String {
    let mut text = Vec::new();
    if let Ok(file) = File::open(path) {
        // What could be read is what there is to tell.
        let _ = file.take(FILE_BYTES_MAX).read_to_end(&mut text);
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn processors(text: &str) -> Vec<Value> {
    let told = |(number, block): (usize, &str)| {
        let line = |name: &str| {
            let mut lines = block.lines().filter_map(|line| line.split_once(':'));
            lines.find(|(known, _)| known.trim() == name).map(|(_, value)| value.trim().to_owned())
        };
        let number_of = |name: &str| line(name).and_then(|text| text.parse::<f64>().ok());
        json!({
            "cpu": number,
            "vendorId": line("vendor_id").unwrap_or_default(),
            "modelName": line("model name").unwrap_or_default(),
            "mhz": number_of("cpu MHz").unwrap_or_default(),
            "cores": 1,
        })
    };
    let blocks = text.split("\n\n").filter(|block| block.contains("processor"));
    blocks.take(TOLD_MAX).enumerate().map(told).collect()
}

/// Seconds that each processor spent, from hundredths of them.
fn times(text: &str) -> Vec<Value> {
    let told = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let name = words.next().filter(|name| name.starts_with("cpu") && *name != "cpu")?;
        let seconds = words.map(|word| word.parse::<f64>().unwrap_or_default() / 100.0);
        let spent =
            TIMES.iter().zip(seconds).map(|(name, value)| ((*name).to_owned(), json!(value)));
        let mut members: Map<String, Value> = spent.collect();
        members.insert("cpu".to_owned(), name.into());
        Some(Value::Object(members))
    };
    text.lines().filter_map(told).take(TOLD_MAX).collect()
}

/// Bytes, from the kernel's units of 1,024.
fn memory(text: &str) -> Value {
    let mut members = Map::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
        let Some((_, word)) = MEMORY.iter().find(|(known, _)| *known == name) else { continue };
        let units = value.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default();
        members.insert((*word).to_owned(), units.saturating_mul(1_024).into());
    }
    let bytes = |name: &str| members.get(name).and_then(Value::as_u64).unwrap_or_default();
    let (total, used) = (bytes("total"), bytes("total").saturating_sub(bytes("available")));
    members.insert("used".to_owned(), used.into());
    members.insert("usedPercent".to_owned(), percent(used, total));
    Value::Object(members)
}

/// The file systems on devices of this machine: another machine's could keep the answer waiting.
fn disks(text: &str) -> Vec<Value> {
    let told = |line: &str| {
        let mut words = line.split(' ');
        let (device, path, kind) = (words.next()?, words.next()?, words.next()?);
        let is_own = device.starts_with("/dev/") || (path == "/" && kind == "overlay");
        if !is_own || !std::path::Path::new(path).is_dir() {
            return None;
        }
        let system = rustix::fs::statvfs(path).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(system.f_frsize);
        let (total, free) = (bytes(system.f_blocks), bytes(system.f_bavail));
        let used = total.saturating_sub(bytes(system.f_bfree));
        Some(json!({
            "path": path,
            "fstype": kind,
            "total": total,
            "free": free,
            "used": used,
            "usedPercent": percent(used, total),
            "inodesTotal": system.f_files,
            "inodesFree": system.f_ffree,
            "inodesUsed": system.f_files.saturating_sub(system.f_ffree),
        }))
    };
    text.lines().filter_map(told).take(TOLD_MAX).collect()
}

fn percent(part: u64, whole: u64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "a percentage needs no more than 52 bits")]
    let percent = part as f64 * 100.0 / whole.max(1) as f64;
    json!(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_is_read() {
        let text = "processor\t: 0\nvendor_id\t: V\nmodel name\t: M 1: x\ncpu MHz\t\t: 2400.5\n\n";
        let told = processors(text);
        assert_eq!(told.len(), 1);
        assert_eq!((&told[0]["modelName"], &told[0]["mhz"]), (&json!("M 1: x"), &json!(2400.5)));
        let told = times("cpu  9 9 9 9\ncpu0 100 0 250 1000 0 0 0 0 0 0\nintr 5\n");
        assert_eq!(
            (told.len(), &told[0]["system"], &told[0]["cpu"]),
            (1, &json!(2.5), &json!("cpu0"))
        );
        let told = memory("MemTotal:  100 kB\nMemAvailable: 25 kB\nOther: 7 kB\n");
        assert_eq!((&told["total"], &told["used"]), (&json!(102_400), &json!(76_800)));
        assert_eq!(told["usedPercent"], json!(75.0));
        assert!(disks("proc /proc proc rw 0 0\nserver:/x /nfs nfs rw 0 0\nbroken\n").is_empty());
        assert!(processors("").is_empty() && times("").is_empty());
    }
}
