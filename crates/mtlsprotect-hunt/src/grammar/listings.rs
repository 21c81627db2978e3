//! What tells of files without being asked for them: listings and corrections. And users' folders.

use crate::part::{Door, Part};
use crate::phones::{ALL, VICTIMS, secret};
use crate::random::Random;

/// mod_autoindex, in a folder whose files have secrets in their names and titles, too.
pub fn listing(random: &mut Random) -> Part {
    let victim = random.one(&VICTIMS);
    let options = random.pick(&["", "FancyIndexing", "FancyIndexing ScanHTMLTitles HTMLTable", "FoldersFirst XHTML"]);
    let more = random.pick(&["", " ShowForbidden", " IgnoreCase TrackModified", " NameWidth=*"]);
    let mut part = Part::named("listing")
        .module("autoindex")
        .host("<Directory \"{docroot}/list\">\nOptions +Indexes")
        .host(&format!("IndexOptions SuppressIcon {options}{more}\nReadmeName readme.html\n</Directory>"))
        .host("<Directory \"{docroot}/list2\">\nOptions +Indexes\nIndexOptions FancyIndexing")
        .host(&format!("{} /cfg/{victim}.cfg\n</Directory>", random.pick(&["ReadmeName", "HeaderName"])))
        .file("docroot/list/readme.html", "all phones")
        .file("docroot/list2/x.html", "x")
        .door(Door::path("/list/").not_own())
        .door(Door::path("/list/").query("P={name}*"))
        .door(Door::path("/list/{name}/"))
        .door(Door::path("/list2/").fixed(victim));
    for mac in ALL {
        let page = format!("<title>{}</title>", secret(mac, "title").trim_end());
        let in_name = |what: &str| secret(mac, what).trim_end_matches([';', '\n']).to_owned();
        part = part
            .file(&format!("docroot/list/{mac}-{}.html", in_name("name")), &page)
            .file(&format!("docroot/list/{mac}/{}.txt", in_name("inside")), "x");
    }
    part
}

/// mod_speling: its corrections may tell the names of files, and no more.
pub fn corrections(random: &mut Random) -> Part {
    let case = random.pick(&["On", "Off"]);
    let lines = format!("CheckSpelling On\nCheckCaseOnly {case}");
    let victim = random.one(&VICTIMS);
    let part = Part::named("corrections")
        .module("speling")
        .host(&match random.below(2) {
            0 => lines,
            _ => format!("<Directory \"{{docroot}}\">\n{lines}\n</Directory>"),
        })
        .file(&format!("docroot/spell/{victim}/Phone.cfg"), &secret(victim, "corrected"))
        .door(Door::path(&format!("/spell/{victim}/Phone.cfg")).fixed(victim))
        .door(Door::path(&format!("/spell/{victim}/phone.CFG")).fixed(victim));
    part.door(Door::path("/cfg/{name}.cfg")).door(Door::path("/cfg/{name}.CFG")).door(Door::path("/CFG/{name}.cfg"))
}

/// mod_userdir, where each phone is a user.
pub fn homes(random: &mut Random) -> Part {
    let homes = random.pick(&["{docroot}/cfg", "{docroot}/cfg/*", "{docroot}/cfg/*/"]);
    Part::named("homes")
        .module("userdir")
        .host(&format!("UserDir \"{homes}\""))
        .door(Door::path("/~{name}/phone.cfg"))
        .door(Door::path("/%7e{name}/phone.cfg"))
}
