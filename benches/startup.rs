//! What `httpd -t` takes with many virtual hosts: time, and instructions and memory that the module adds.
//!
//!     cargo bench --bench startup

use mtlsprotect_testkit::httpd::{command, command_under};
use mtlsprotect_testkit::measure::Vendor;
use mtlsprotect_testkit::{Builder, Certificate, Crl, Httpd, Key};
use std::path::Path;
use std::process::{Command, exit};
use std::time::Instant;

/// Runs of each, of which the middle one counts.
const ROUNDS: usize = 5;
const VENDORS: [&str; 7] = ["poly", "yealink", "grandstream", "snom", "cisco", "panasonic", "algo"];

/// What the virtual hosts of a site say.
#[derive(Clone, Copy)]
enum Site {
    /// Nothing: they inherit.
    Inheriting,
    /// All the same, each by itself.
    Same,
    /// A list for each of seven vendors, different in each host.
    OwnVendors,
}

/// One run.
struct Cost {
    seconds: f64,
    kib: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [root] = &arguments[..] {
        return run(Path::new(root));
    }
    println!("httpd -t                                     without        with");
    let mut missed = false;
    let mut say = |what: &str, without: &str, with: &str, held: bool, limit: &str| {
        missed |= !held;
        println!("{what:<40} {without:>11} {with:>11}  {} at most {limit}", if held { "ok," } else { "MISSED," });
    };
    let seconds = |cost: &Cost| format!("{:.2} s", cost.seconds);

    let [without, with] = ["without", "with"].map(|module| middle(Site::Inheriting, 5000, module));
    say("5,000 hosts that inherit", &seconds(&without), &seconds(&with), with.seconds <= 1.0, "1 s");

    let [few, many] = [1000, 4000]
        .map(|hosts| ["with", "without"].map(|module| instructions(Site::Inheriting.builder(hosts, module == "with"))));
    let added = |[with, without]: [f64; 2]| with - without;
    let times = added(many) / added(few);
    let millions = |count: f64| format!("{:.0} mio.", count / 1e6);
    let limit = format!("4 times the instructions for 1,000, {times:.2} here");
    say("4,000 hosts that inherit", &millions(many[1]), &millions(many[0]), times <= 4.0, &limit);

    let adds = |hosts| {
        let [without, with] = ["without", "with"].map(|module| middle(Site::Same, hosts, module));
        with.kib - without.kib
    };
    let (one, many) = (adds(1), adds(1000));
    let mib = |kib: f64| format!("{:.1} MiB", kib / 1024.0);
    let more = 100.0 * (many / one - 1.0);
    let limit = format!("10 % more, {more:.1} here");
    say("memory added: 1 host, 1,000 like it", &mib(one), &mib(many), more <= 10.0, &limit);

    let [without, with] = ["without", "with"].map(|module| middle(Site::OwnVendors, 200, module));
    let each = (with.seconds - without.seconds) / 200.0 * 1000.0;
    let limit = format!("2 ms a host, {each:.2} here");
    say("200 hosts with their own seven vendors", &seconds(&without), &seconds(&with), each <= 2.0, &limit);
    if missed {
        exit(1);
    }
}

/// The middle one of some runs, each by a process of its own: the system tells the most memory of all children only,
/// and counts what they have before they become httpd.
fn middle(site: Site, hosts: usize, module: &str) -> Cost {
    let root = site.builder(hosts, module == "with").laid_out();
    let mut costs: Vec<Cost> = (0..ROUNDS)
        .map(|_| {
            let own = std::env::current_exe().expect("a program has a path");
            let run = Command::new(own).arg(root.path()).output().expect("it runs");
            let text = String::from_utf8_lossy(&run.stdout).into_owned();
            let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
            let [seconds, kib] = numbers[..] else {
                panic!("no figures: {text}{}", String::from_utf8_lossy(&run.stderr))
            };
            Cost { seconds, kib }
        })
        .collect();
    costs.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    costs.swap_remove(ROUNDS / 2)
}

fn run(root: &Path) {
    let started = Instant::now();
    let output = command(root, &["-t"]);
    let seconds = started.elapsed().as_secs_f64();
    assert!(output.ok, "{}", output.text);
    println!("{seconds} {}", most_memory_of_children());
}

/// What httpd takes for `-t`, by callgrind: it doesn't depend on how busy the machine is.
fn instructions(builder: Builder) -> f64 {
    let root = builder.laid_out();
    let counts = root.path().join("callgrind.out");
    let file = format!("--callgrind-out-file={}", counts.display());
    let output = command_under(&["valgrind", "--quiet", "--vgdb=no", "--tool=callgrind", &file], root.path(), &["-t"]);
    assert!(output.ok, "{}", output.text);
    let counted = std::fs::read_to_string(&counts).expect("callgrind has counted");
    let sum = counted.lines().find_map(|line| line.strip_prefix("totals: "));
    sum.and_then(|sum| sum.trim().parse().ok()).expect("callgrind's file has a sum")
}

/// KiB.
fn most_memory_of_children() -> i64 {
    // SAFETY: all zero is a value of the type, and the call fills it.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage), 0);
        usage.ru_maxrss
    }
}

impl Site {
    fn builder(self, hosts: usize, with_module: bool) -> Builder {
        let mut builder = Httpd::builder().without_vhosts();
        let mut server = String::new();
        if with_module {
            let devices: String = (0..100_000).map(|number| format!("64167f{number:06x} allow\n")).collect();
            // Elliptic curves are verified slower than RSA-4096, and made faster.
            let vendors = (0..VENDORS.len()).map(|_| Vendor::new(Key::P256).bundle);
            let house = Certificate::ca("House CA").key(Key::P256).issue_authority();
            let revoked = house.device("0004f2000000");
            builder = builder.with_module().file("devices", devices).file("house.pem", house.pem());
            builder = builder.file("house.crl", Crl::of(&house).revoke(&revoked.cert).pem());
            for (name, bundle) in VENDORS.iter().zip(vendors) {
                builder = builder.file(&format!("{name}.pem"), bundle);
            }
            if matches!(self, Site::Inheriting) {
                server += "MTLSProtectCAFile poly.pem\n<Directory {docroot}>\nMTLSProtect On\n</Directory>\n";
            }
        }
        for number in 0..hosts {
            server += &format!(
                "<VirtualHost 127.0.0.1:{{https}}>\nServerName h{number}.example\nSSLEngine on\nSSLVerifyClient optional_no_ca\n"
            );
            if with_module {
                server += &self.lines(number);
            }
            server += "</VirtualHost>\n";
        }
        builder.config(&server)
    }

    fn lines(self, number: usize) -> String {
        match self {
            Site::Inheriting => String::new(),
            Site::Same => "MTLSProtectVendor snom ca=snom.pem\nMTLSProtectCAFile house.pem\nMTLSProtectCRLFile \
                           house.crl\nMTLSProtectDeviceFile devices\nMTLSProtect On\n"
                .to_owned(),
            Site::OwnVendors => {
                let line = |name: &&str| format!("MTLSProtectVendor {name} ca={name}.pem\n");
                let others: String = VENDORS.iter().skip(1).map(line).collect();
                let prefix = 0x10_0000 + number;
                format!("MTLSProtectVendor poly ca=poly.pem oui=+{prefix:06x}\n{others}MTLSProtect On\n")
            }
        }
    }
}
