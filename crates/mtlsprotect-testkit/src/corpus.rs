//! What phones ask for, by vendor: their own files, the shared ones, their logs.
//!
//! Nothing here asks the module what it thinks a name is. The caller chooses by numbers: `pick(bound)` is any
//! number below `bound`.

mtlsprotect_core::listed! {
    /// A vendor of phones.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Vendor {
        /// Poly, Polycom, Obihai.
        Poly,
        /// Yealink.
        Yealink,
        /// Grandstream.
        Grandstream,
        /// Snom.
        Snom,
        /// Cisco SPA and MPP.
        Cisco,
        /// Panasonic.
        Panasonic,
        /// Algo.
        Algo,
    }
}

impl Vendor {
    /// Prefixes that its phones have.
    pub fn prefixes(self) -> &'static [&'static str] {
        match self {
            Vendor::Poly => &["0004f2", "64167f", "482567", "9cadef"],
            Vendor::Yealink => &["001565", "249ad8", "805e0c", "805ec0", "44dbd2", "c4fc22", "3497d7", "644f56"],
            Vendor::Grandstream => &["000b82", "144cff", "c074ad", "ec74d7"],
            Vendor::Snom => &["000413"],
            Vendor::Cisco => &["000e08"],
            Vendor::Panasonic => &["0080f0", "080023", "4c364e", "bcc342"],
            Vendor::Algo => &["0022ee"],
        }
    }

    /// What its phones say of themselves; some add their address.
    fn agent(self, mac: &str, pick: Pick<'_>) -> String {
        let build = format!("{}.{}.{}.{}", 1 + pick(9), pick(20), pick(20), pick(9999));
        match self {
            Vendor::Poly => {
                let model = one(pick, &["VVX_500", "VVX_411", "SSIP_6000", "CCX_500", "Trio_8800"]);
                format!(
                    "FileTransport PolycomVVX-{model}-UA/{build} {}",
                    one(pick, &["Type/Application", "Type/Updater"])
                )
            }
            Vendor::Yealink => {
                format!("Yealink SIP-{} {build} {}", one(pick, &["T46S", "T42G", "T58", "W60B"]), pairs(mac, ":", pick))
            }
            Vendor::Grandstream => {
                format!("Grandstream Model HW GXP{} SW {build} DevId {mac}", 1600 + pick(600))
            }
            Vendor::Snom => format!("Mozilla/4.0 (compatible; snom{}-SIP {build} 1.1.3-u)", 300 + pick(500)),
            Vendor::Cisco => format!("Cisco/SPA{}-{build} ({mac}) (CCQ{}{})", 500 + pick(10), pick(100), pick(9999)),
            Vendor::Panasonic => format!("Panasonic_KX-TGP{}/{build} ({mac})", 500 + pick(100)),
            Vendor::Algo => format!("Algo-{}/{build}", 8100 + pick(100)),
        }
    }
}

type Pick<'a> = &'a mut dyn FnMut(usize) -> usize;

/// A request of a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneRequest {
    /// GET, HEAD or PUT.
    pub method: &'static str,
    /// The file's name, below the folder that the phone is pointed to.
    pub file: String,
    /// The query, empty for none.
    pub query: String,
    /// The header fields.
    pub headers: Vec<(String, String)>,
    /// It names the phone; a shared file's doesn't.
    pub own: bool,
}

impl PhoneRequest {
    /// File and query.
    pub fn target(&self) -> String {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        format!("{}{query}", self.file)
    }
}

/// Something that a phone of this vendor asks for.
pub fn request(vendor: Vendor, mac: &str, pick: Pick<'_>) -> PhoneRequest {
    let upper = mac.to_uppercase();
    let either = if pick(2) == 0 { mac.to_owned() } else { upper.clone() };
    let get = |file: String| PhoneRequest { method: "GET", file, query: String::new(), headers: Vec::new(), own: true };
    let shared = |file: &str| PhoneRequest { own: false, ..get(file.to_owned()) };
    let with_query = |file: &str, query: String| PhoneRequest { query, ..get(file.to_owned()) };
    let mut asked = match vendor {
        _ if pick(8) == 0 => from_an_application(mac, pick),
        Vendor::Poly => poly(mac, pick),
        Vendor::Yealink => match pick(5) {
            0 => shared(&format!("y0000000000{:02}.cfg", pick(100))),
            1 => get(format!("{mac}.boot")),
            2 => PhoneRequest { method: "PUT", ..get(format!("{mac}-local.cfg")) },
            3 => get(format!("{mac}-all.tar")),
            _ => get(format!("{mac}.cfg")),
        },
        Vendor::Grandstream => match pick(4) {
            0 => get(format!("cfg{mac}")),
            1 => shared(&format!("cfggxp{}.xml", 1600 + pick(600))),
            2 => shared("gxp2160fw.bin"),
            _ => get(format!("cfg{mac}.xml")),
        },
        Vendor::Snom => match pick(4) {
            0 => get(format!("snom{}-{upper}.htm", 300 + pick(500))),
            1 => with_query("snom.php", format!("mac={upper}")),
            2 => shared(&format!("snom{}.htm", 300 + pick(500))),
            _ => with_query(&format!("snom{}-{upper}.htm", 300 + pick(500)), format!("mac={upper}")),
        },
        Vendor::Cisco => match pick(5) {
            0 => get(format!("SEP{upper}.cnf.xml")),
            1 => get(format!("spa{either}.xml")),
            2 => get(format!("ATA{upper}.cnf.xml")),
            3 => shared("XMLDefault.cnf.xml"),
            _ => shared(&format!("spa{}.cfg", 500 + pick(30))),
        },
        Vendor::Panasonic => match pick(3) {
            0 => shared("ConfigCommon.cfg"),
            1 => shared(&format!("KX-TGP{}.cfg", 500 + pick(100))),
            _ => get(format!("Config{either}.cfg")),
        },
        Vendor::Algo => match pick(3) {
            0 => shared(&format!("algop{}.conf", 8100 + pick(100))),
            _ => get(format!("algom{either}.conf")),
        },
    };
    if pick(10) > 0 {
        asked.headers.push(("User-Agent".to_owned(), vendor.agent(mac, pick)));
    }
    if pick(4) == 0 {
        asked.headers.push(("Accept".to_owned(), "*/*".to_owned()));
    }
    asked
}

/// What a Poly phone gets and puts when it starts.
fn poly(mac: &str, pick: Pick<'_>) -> PhoneRequest {
    let (method, own, file) = match pick(18) {
        0 => ("PUT", true, format!("{mac}-boot.log")),
        1 => ("GET", false, "000000000000.cfg".to_owned()),
        2 => {
            let part =
                format!("3111-{}-001", one(pick, &["44500", "48350", "46157", "15600", "40000", "33651", "49925"]));
            ("GET", false, format!("{part}.{part}.sip.ld"))
        }
        3 => ("GET", false, "sip.ld".to_owned()),
        4 => (one(pick, &["GET", "PUT"]), true, format!("{mac}-phone.cfg")),
        5 => (one(pick, &["GET", "PUT"]), true, format!("{mac}-web.cfg")),
        6 => ("GET", true, format!("{mac}-license.cfg")),
        7 => ("GET", false, "000000000000-license.cfg".to_owned()),
        8 => ("GET", true, format!("{mac}-calls.xml")),
        9 => (one(pick, &["GET", "PUT"]), true, format!("{mac}-directory.xml")),
        10 => ("GET", false, "000000000000-directory.xml".to_owned()),
        11 => (one(pick, &["HEAD", "PUT"]), true, format!("{mac}-app.log")),
        12 => ("GET", true, format!("{mac}-user.cfg")),
        13 => ("GET", true, format!("{mac}-cloud.cfg")),
        14 => ("PUT", true, format!("{mac}-{}-app.log", date(pick))),
        15 => ("PUT", true, format!("{mac}-{}-boot.log", date(pick) + &format!("{:02}{:02}", pick(24), pick(60)))),
        _ => ("GET", true, format!("{mac}.cfg")),
    };
    PhoneRequest { method, file, query: String::new(), headers: Vec::new(), own }
}

/// Sites that render files take the phone from the query, and phones add what they like.
fn from_an_application(mac: &str, pick: Pick<'_>) -> PhoneRequest {
    let query = match pick(6) {
        0 => format!("mac={mac}"),
        1 => format!("mac={mac}.cfg"),
        2 => format!("mac={mac}-phone"),
        3 => format!("mac={}&file=features.cfg", mac.to_uppercase()),
        4 => format!("mac={}", pairs(mac, ":", pick)),
        // Ofcom keeps these numbers for films
        _ => format!("mac={mac}&event=incoming&remote=+441632960{:03}", pick(1000)),
    };
    let file = one(pick, &["index.php", "provision", "app/provision/index.php"]).to_owned();
    PhoneRequest { method: "GET", file, query, headers: Vec::new(), own: true }
}

/// A day, as logs carry it.
fn date(pick: Pick<'_>) -> String {
    format!("20{:02}{:02}{:02}", 20 + pick(10), 1 + pick(12), 1 + pick(28))
}

fn one<'a>(pick: Pick<'_>, from: &[&'a str]) -> &'a str {
    from[pick(from.len())]
}

fn pairs(mac: &str, joint: &str, pick: Pick<'_>) -> String {
    let mac = if pick(2) == 0 { mac.to_owned() } else { mac.to_uppercase() };
    (0..6).map(|at| &mac[2 * at..2 * at + 2]).collect::<Vec<_>>().join(joint)
}

#[cfg(test)]
mod tests {
    use super::{Vendor, one, request};

    /// Any numbers, the same each time.
    fn numbers() -> impl FnMut(usize) -> usize {
        let mut state: u64 = 1;
        move |bound| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % bound
        }
    }

    #[test]
    fn a_phone_asks_in_its_own_name_or_for_what_is_shared() {
        let mut pick = numbers();
        for vendor in Vendor::ALL {
            let (mut own, mut shared) = (0, 0);
            for _ in 0..500 {
                let mac = format!("{}{:06x}", one(&mut pick, vendor.prefixes()), pick(1 << 24));
                let asked = request(vendor, &mac, &mut pick);
                let plain: String = asked.target().to_lowercase().replace([':', '-'], "");
                assert_eq!(plain.contains(&mac), asked.own, "{vendor:?} {mac}: {asked:?}");
                assert!(asked.own || asked.method == "GET", "nobody writes what is shared: {asked:?}");
                (own, shared) = (own + usize::from(asked.own), shared + usize::from(!asked.own));
            }
            assert!(own > 100 && shared > 10, "{vendor:?}: {own} own, {shared} shared");
        }
    }
}
