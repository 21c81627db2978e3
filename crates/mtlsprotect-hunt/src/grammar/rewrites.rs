//! mod_rewrite, in every place where it may stand.

use crate::part::{Door, Part};
use crate::phones::{ALL, VICTIMS, extension};
use crate::random::Random;

/// The flags of a rule that serves a file.
fn flags(random: &mut Random) -> &'static str {
    random.pick(&["", "[L]", "[PT]", "[L,QSA]", "[PT,QSA]", "[NE,L]", "[B,PT]", "[END]", "[L,NS]", "[PT,E=seen:1]"])
}

/// Rules of a host.
pub fn server(random: &mut Random) -> Part {
    let (victim, flags) = (random.one(&VICTIMS), flags(random));
    let part = Part::named("rewrite_server").module("rewrite").host("RewriteEngine On");
    match random.below(3) {
        0 => part
            .host(&format!("RewriteRule \"^/rw/([0-9a-f]{{6}})/([0-9a-f]{{6}})\" \"/cfg/$1$2.cfg\" {flags}"))
            .door(Door::path("/rw/{half}/{rest}")),
        1 => part
            .host(&format!(
                "RewriteRule \"^/rw/pd(/.*)?$\" \"{{docroot}}/cfg/{victim}.cfg\" {}",
                flags.replace("PT", "L")
            ))
            .door(Door::path("/rw/pd").fixed(victim))
            .door(Door::path("/rw/pd/x").fixed(victim)),
        _ => part
            .host("RewriteMap lower int:tolower\nRewriteMap plain int:unescape")
            .host(&format!("RewriteRule \"^/rw/low/([^/]+)$\" \"/cfg/${{lower:$1}}.cfg\" {flags}"))
            .host(&format!("RewriteRule \"^/rw/plain/([^/]+)$\" \"/cfg/${{plain:$1}}.cfg\" {flags}"))
            .door(Door::path("/rw/low/{name}").any_case())
            .door(Door::path("/rw/plain/{name}")),
    }
}

/// A map from extensions to phones.
pub fn maps(random: &mut Random) -> Part {
    let flags = flags(random);
    let lines: String = ALL.iter().map(|mac| format!("{} {mac}\n", extension(mac))).collect();
    Part::named("rewrite_map")
        .module("rewrite")
        .file("maps/phones.txt", &lines)
        .host("RewriteEngine On\nRewriteMap phones \"txt:{root}/maps/phones.txt\"")
        .host(&format!("RewriteRule \"^/ext/([0-9]+)\" \"/cfg/${{phones:$1}}.cfg\" {flags}"))
        .host("RewriteCond \"%{HTTP_USER_AGENT}\" \"ext=([0-9]+)\"")
        .host(&format!("RewriteRule \"^/mine\" \"/cfg/${{phones:%1}}/phone.cfg\" {flags}"))
        .host("RewriteCond \"%{QUERY_STRING}\" \"(?:^|&)line=([0-9]+)\"")
        .host(&format!("RewriteRule \"^/line\" \"/cfg/${{phones:%1}}.cfg\" {flags}"))
        .door(Door::path("/ext/{extension}"))
        .door(Door::path("/ext/{extension}.cfg"))
        .door(Door::path("/mine").header("User-Agent", "Phone ext={extension}"))
        .door(Door::path("/line").query("line={extension}"))
}

/// Rules of a folder, with which names are put together or led to one file.
fn rules(random: &mut Random) -> (String, Vec<Door>, &'static str) {
    let victim = random.one(&VICTIMS);
    let flags = random.pick(&["[L]", "[END]", "[L,QSA]", "[NE,L]", "[L,E=seen:1]"]);
    let text = format!(
        "RewriteEngine On\nRewriteRule \"^([0-9a-f]{{6}})-?x?([0-9a-f]{{6}})\\.txt$\" \"/cfg/$1$2.cfg\" {flags}\n\
         RewriteRule \"^pd\" \"/cfg/{victim}.cfg\" {flags}\n\
         RewriteCond \"%{{QUERY_STRING}}\" \"a=([0-9a-f]+)&b=([0-9a-f]+)\"\n\
         RewriteRule \"^two$\" \"/cfg/%1%2.cfg\" {flags}"
    );
    let at = |path: &str| Door::path(&format!("/FOLDER/{path}"));
    let doors = vec![at("{half}-x{rest}.txt"), at("pd").fixed(victim), at("two").query("a={half}&b={rest}")];
    (text, doors, victim)
}

fn with_doors(part: Part, folder: &str, doors: Vec<Door>) -> Part {
    doors.into_iter().fold(part, |part, door| {
        let path = door.path.replace("FOLDER", folder);
        part.door(Door { path, ..door })
    })
}

/// Rules in a `<Directory>`.
pub fn directory(random: &mut Random) -> Part {
    let (text, doors, _) = rules(random);
    let part = Part::named("rewrite_directory")
        .module("rewrite")
        .host(&format!("<Directory \"{{docroot}}/dir\">\nOptions +FollowSymLinks\n{text}\n</Directory>"))
        .file("docroot/dir/x.html", "x");
    with_doors(part, "dir", doors)
}

/// The same in a .htaccess.
pub fn htaccess(random: &mut Random) -> Part {
    let (text, doors, _) = rules(random);
    let part = Part::named("htaccess")
        .module("rewrite")
        .host("<Directory \"{docroot}/ht\">\nOptions +FollowSymLinks\nAllowOverride All\n</Directory>")
        .file("docroot/ht/.htaccess", &text);
    with_doors(part, "ht", doors)
}

/// The file from the query.
pub fn from_query(random: &mut Random) -> Part {
    let flags = random.pick(&["[PT]", "[L]", "[PT,QSD]", "[L,QSA]"]);
    Part::named("rewrite_query")
        .module("rewrite")
        .host("RewriteEngine On\nRewriteCond \"%{QUERY_STRING}\" \"(?:^|&)oui=([0-9a-f]{6}).*&nic=([0-9a-f]{6})\"")
        .host(&format!("RewriteRule \"^/prov\" \"/cfg/%1%2.cfg\" {flags}"))
        .host("RewriteCond \"%{HTTP_COOKIE}\" \"oui=([0-9a-f]{6}).*nic=([0-9a-f]{6})\"")
        .host(&format!("RewriteRule \"^/jar\" \"/cfg/%1%2.cfg\" {flags}"))
        .host("RewriteCond \"%{QUERY_STRING}\" \"(..)[^&]?(..)[^&]?(..)[^&]?(..)[^&]?(..)[^&]?(..)$\"")
        .host(&format!("RewriteRule \"^/pairs$\" \"/cfg/%1%2%3%4%5%6.cfg\" {flags}"))
        .door(Door::path("/prov").query("oui={half}&nic={rest}"))
        .door(Door::path("/jar").header("Cookie", "oui={half}; nic={rest}").not_own())
        .door(Door::path("/pairs").query("x={pairs}"))
}

/// The file from a variable that SetEnvIf or another rule has set.
pub fn from_environment(random: &mut Random) -> Part {
    let flags = random.pick(&["[PT]", "[L]", "[PT,QSA]", "[PT,B]", "[NE,L]"]);
    let part = Part::named("rewrite_environment").module("rewrite").host("RewriteEngine On");
    match random.below(4) {
        0 => part
            .host("SetEnvIf Request_URI \"^/by/(.*)$\" FILE=$1")
            .host(&format!("RewriteRule \"^/by/\" \"/cfg/%{{ENV:FILE}}\" {flags}"))
            .door(Door::path("/by/{name}.cfg"))
            .door(Door::path("/by/{name}/phone.cfg")),
        1 => part
            .host("SetEnvIf User-Agent \"^Phone ([0-9a-f]+)\" PHONE=$1")
            .host("SetEnvIf Cookie \"oui=([0-9a-f]+)\" OUI=$1\nSetEnvIf Cookie \"nic=([0-9a-f]+)\" NIC=$1")
            .host(&format!("RewriteRule \"^/by/agent\" \"/cfg/%{{ENV:PHONE}}.cfg\" {flags}"))
            .host(&format!("RewriteRule \"^/by/jar\" \"/cfg/%{{ENV:OUI}}%{{ENV:NIC}}.cfg\" {flags}"))
            .door(Door::path("/by/agent").header("User-Agent", "Phone {name}").not_own())
            .door(Door::path("/by/jar").header("Cookie", "oui={half}; nic={rest}").not_own()),
        2 => part
            .host("SetEnvIfExpr \"%{QUERY_STRING} =~ /of=([0-9a-f]{6}).*of=([0-9a-f]{6})/\" PHONE=$1$2")
            .host(&format!("RewriteRule \"^/by/query\" \"/cfg/%{{ENV:PHONE}}.cfg\" {flags}"))
            .door(Door::path("/by/query").query("of={half}&of={rest}")),
        _ => part
            .host("RewriteRule \"^/by/([0-9a-f]{6})/([0-9a-f]{6})\" \"-\" [E=PHONE:$1$2]")
            .host("<Directory \"{docroot}/by\">\nOptions +FollowSymLinks\nRewriteEngine On")
            .host(&format!("RewriteRule \"^\" \"/cfg/%{{ENV:PHONE}}.cfg\" {}\n</Directory>", flags.replace("PT", "L")))
            .file("docroot/by/x.html", "x")
            .door(Door::path("/by/{half}/{rest}")),
    }
}
