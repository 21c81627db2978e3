//! scripts/add-prefixes: what a maintainer does with a newer registry.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const CORE: &str = env!("CARGO_MANIFEST_DIR");

const DATA: &str = "# what they are
#
# 2026-06-25: 3
mitel\t08000f\tMITEL CORPORATION
poly\t0004f2\tPolycom
snom\t000413\tsnom technology GmbH
";

/// As the IEEE writes it, with a duplicate, quotes, longer blocks, and 08000f as somebody else's by now.
const CSV: &str = r#"Registry,Assignment,Organization Name,Organization Address
MA-L,0004F2,Polycom,1565 Barber Lane Milpitas CA US 95035 
MA-L,001565,"XIAMEN YEALINK NETWORK TECHNOLOGY CO.,LTD","4th-5th Floor, ""South"" Building"
MA-L,001565,"XIAMEN YEALINK NETWORK TECHNOLOGY CO.,LTD",again
MA-L,08000F,"Cisco Systems, Inc",170 West Tasman Drive
MA-L,AABBCC,Polymap  Wireless LLC,Polycom Street
MA-L,AABBCD,"Plantronics, ""Inc.""",345 Encinal Street
MA-M,7C2F80A,Gigaset Communications GmbH,Frankenstrasse 2
MA-S,7C2F80AAA,Gigaset Communications GmbH,Frankenstrasse 2
"#;

const TXT: &str = "OUI/MA-L                    Organization
company_id                  Organization
                            Address

7C-2F-80   (hex)\t\tGigaset Communications GmbH
7C2F80     (base 16)\t\tGigaset Communications GmbH
\t\t\t\tFrankenstrasse 2
\t\t\t\tBocholt    46395
\t\t\t\tDE

00-11-22   (hex)\t\tNot Gigaset
001122     (base 16)\t\tNot Gigaset
";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(data: &str) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("prefixes.tsv", data);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    fn data(&self) -> String {
        fs::read_to_string(self.path("prefixes.tsv")).unwrap()
    }

    fn add(&self, registry: &Path) -> Output {
        let script = Path::new(CORE).join("../../scripts/add-prefixes");
        Command::new(script).arg(registry).arg(self.path("prefixes.tsv")).output().expect("the script runs")
    }

    /// The data once a registry's prefixes are added.
    fn after(&self, name: &str, registry: &str) -> String {
        let output = self.add(&self.write(name, &registry.replace('\n', "\r\n")));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.data()
    }
}

fn rows(data: &str) -> Vec<&str> {
    data.lines().filter(|line| !line.starts_with('#')).collect()
}

#[test]
fn a_newer_registry_adds_what_makers_of_phones_have_bought_and_removes_nothing() {
    let folder = Folder::new(DATA);
    let once = folder.after("oui.csv", CSV);
    let expected = [
        "mitel\t08000f\tMITEL CORPORATION",
        "poly\t0004f2\tPolycom",
        "poly\taabbcd\tPlantronics, \"Inc.\"",
        "snom\t000413\tsnom technology GmbH",
        "yealink\t001565\tXIAMEN YEALINK NETWORK TECHNOLOGY CO.,LTD",
    ];
    assert_eq!(rows(&once), expected);
    let head: Vec<&str> = once.lines().take_while(|line| line.starts_with('#')).collect();
    assert_eq!(head[..3], ["# what they are", "#", "# 2026-06-25: 3"]);
    assert!(head[3].ends_with(": 2 more, from oui.csv") && head.len() == 4, "{head:?}");
    let twice = folder.after("oui.txt", TXT);
    let mut expected = expected.to_vec();
    expected.insert(0, "gigaset\t7c2f80\tGigaset Communications GmbH");
    assert_eq!(rows(&twice), expected);
}

#[test]
fn a_second_run_changes_not_a_byte() {
    let folder = Folder::new(DATA);
    let once = folder.after("oui.csv", CSV);
    assert_eq!(folder.after("oui.csv", CSV), once);
    assert_eq!(folder.after("other.csv", "MA-L,112233,Nobody we know,x\n"), once);
}

#[test]
fn a_file_that_is_not_a_registry_is_refused_and_changes_nothing() {
    let folder = Folder::new(DATA);
    for (name, text) in [("page.html", "<html>Too many requests</html>"), ("empty.csv", "")] {
        let output = folder.add(&folder.write(name, text));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(name) && error.contains("expected oui.csv"), "{error}");
    }
    assert!(!folder.add(&folder.path("nowhere.csv")).status.success());
    assert_eq!(folder.data(), DATA);
    let left: Vec<_> = fs::read_dir(folder.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "nothing half-written is left: {left:?}");
}

#[test]
fn the_rules_of_the_script_find_all_that_the_shipped_list_has() {
    let shipped = fs::read_to_string(Path::new(CORE).join("prefixes.tsv")).unwrap();
    let mut registry = String::new();
    for row in rows(&shipped) {
        let fields: Vec<&str> = row.split('\t').collect();
        let organisation = fields[2].replace('"', "\"\"");
        registry += &format!("MA-L,{},\"{organisation}\",x\n", fields[1].to_ascii_uppercase());
    }
    let folder = Folder::new("# none\n");
    assert_eq!(rows(&folder.after("oui.csv", &registry)), rows(&shipped));
    assert!(rows(&shipped).is_sorted(), "so that what a run adds is easily seen");
}
