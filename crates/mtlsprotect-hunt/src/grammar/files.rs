//! Files served as they are: by their names, aliases, indexes and variants.

use crate::decoding::{Folds, fold};
use crate::part::{Door, Part};
use crate::phones::{ALL, VICTIMS, secret};
use crate::random::Random;
use crate::reader::{From, Pick, Reader, Strip};
use crate::spelling::{Slot, Understood, spell};

/// `/cfg/MAC.cfg` and what is shared.
pub fn folder() -> Part {
    let mut part = Part::named("folder")
        .host("<Directory \"{docroot}/cfg\">\nOptions +FollowSymLinks\n</Directory>")
        .file("docroot/cfg/000000000000.cfg", "shared by all;\n")
        .file("docroot/cfg/sip.ld", "firmware;\n")
        .file("docroot/index.html", "welcome;\n")
        .door(Door::path("/cfg/{name}.cfg"))
        .door(Door::path("/cfg/{name}/phone.cfg"));
    for mac in ALL {
        part = part
            .file(&format!("docroot/cfg/{mac}.cfg"), &secret(mac, "file"))
            .file(&format!("docroot/cfg/{mac}/phone.cfg"), &secret(mac, "folder"));
    }
    part
}

/// An Alias for one file or one folder.
pub fn alias(random: &mut Random) -> Part {
    let victim = random.one(&VICTIMS);
    Part::named("alias")
        .host(&format!("Alias /alias/pd \"{{docroot}}/cfg/{victim}.cfg\"\nAlias /alias/all \"{{docroot}}/cfg\""))
        .host(&format!("<Location /alias/by>\nAlias \"{{docroot}}/cfg/{victim}\"\n</Location>"))
        .door(Door::path("/alias/pd").fixed(victim))
        .door(Door::path("/alias/by/phone.cfg").fixed(victim))
        .door(Door::path("/alias/all/{name}.cfg"))
}

/// An AliasMatch that puts a name together.
pub fn alias_match(random: &mut Random) -> Part {
    let part = Part::named("alias_match");
    match random.below(3) {
        0 => part
            .host("AliasMatch \"^/match/([0-9a-f]{6})/([0-9a-f]{6})$\" \"{docroot}/cfg/$1$2.cfg\"")
            .door(Door::path("/match/{half}/{rest}")),
        1 => part
            .host("AliasMatch \"^/match/(..)[-:](..)[-:](..)[-:](..)[-:](..)[-:](..)\" \"{docroot}/cfg/$1$2$3$4$5$6.cfg\"")
            .door(Door::path("/match/{pairs}.xml")),
        _ => part
            .host("AliasMatch \"^/match/([0-9a-f]{6})[^/]?([0-9a-f]{6})\" \"{docroot}/cfg/$1$2.cfg\"")
            .door(Door::path("/match/{half}-{rest}.htm"))
            .door(Door::path("/match/{half}.{rest}")),
    }
}

/// DirectoryIndex.
pub fn directory_index(random: &mut Random) -> Part {
    let victim = random.one(&VICTIMS);
    Part::named("directory_index")
        .host(&format!("<Directory \"{{docroot}}/idx\">\nDirectoryIndex {victim}.cfg\n</Directory>"))
        .host(&format!("<Directory \"{{docroot}}/idx2\">\nDirectoryIndex none.html /cfg/{victim}.cfg\n</Directory>"))
        .file(&format!("docroot/idx/{victim}.cfg"), &secret(victim, "index"))
        .file("docroot/idx2/x.html", "x")
        .door(Door::path("/idx/").fixed(victim))
        .door(Door::path("/idx2/").fixed(victim))
}

/// FallbackResource.
pub fn fallback(random: &mut Random) -> Part {
    let victim = random.one(&VICTIMS);
    Part::named("fallback")
        .host(&format!("<Directory \"{{docroot}}/fb\">\nFallbackResource /cfg/{victim}.cfg\n</Directory>"))
        .file("docroot/fb/x.html", "x")
        .door(Door::path("/fb/missing").fixed(victim))
        .door(Door::path("/fb/a/b.cfg").fixed(victim))
}

/// MultiViews and type maps.
pub fn negotiation(random: &mut Random) -> Part {
    let victim = random.one(&VICTIMS);
    let mut part = Part::named("negotiation")
        .module("negotiation")
        .host("<Directory \"{docroot}/mv\">\nOptions +MultiViews\nAddHandler type-map .var\n</Directory>")
        .file("docroot/mv/pd.var", &format!("URI: {victim}.html\nContent-type: text/html\n"))
        .door(Door::path("/mv/pd.var").fixed(victim))
        .door(Door::path("/mv/pd").fixed(victim))
        .door(Door::path("/mv/{name}"));
    for mac in ALL {
        part = part.file(&format!("docroot/mv/{mac}.html"), &secret(mac, "variant"));
    }
    part
}

/// A host for each phone.
pub fn host_names(random: &mut Random) -> Part {
    let root = random.pick(&["{docroot}/cfg/%1", "{docroot}/cfg/%1.0"]);
    let common = format!(
        "ServerName phones.test\nServerAlias *.phones.test\nVirtualDocumentRoot \"{root}\"\nUseCanonicalName Off"
    );
    Part::named("host_names")
        .module("vhost_alias")
        .server(&format!("<VirtualHost 127.0.0.1:{{https}}>\nSSLEngine on\n{{asks}}\n{common}\n</VirtualHost>"))
        .server(&format!("<VirtualHost 127.0.0.1:{{http}}>\n{common}\n</VirtualHost>"))
        .door(Door::path("/phone.cfg").header("Host", "{name}.phones.test").any_case().not_own())
}

/// Files that somebody named in his own way; they are asked for by their names.
pub fn odd_names(random: &mut Random) -> Part {
    let mut part = Part::named("odd_names");
    let strips = [Strip::NonHex, Strip::Separators, Strip::EtherAton];
    for at in 0..8 {
        let mac = random.one(&VICTIMS);
        let reader = Reader {
            from: From::Path,
            decodes: 0,
            is_wide: false,
            folds: if random.chance(30) { random.one(&Folds::ALL) } else { Folds::Nothing },
            strip: random.one(&strips),
            pick: random.one(&[Pick::Only, Pick::First, Pick::Last]),
        };
        let written = spell(random, mac, Understood::By(reader), Slot::Header);
        let plain = written.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#%\\{}\"".contains(&byte) || byte > 127);
        if reader.read_text(written.as_bytes()) == Some(mac) && plain && !written.starts_with('.') {
            let path = format!("docroot/odd{at}/{written}");
            let door = Door::path(&format!("/odd{at}/{}", in_path(&written))).fixed(mac);
            // Left out of a name, a full-width digit makes room for one behind it: two phones are named.
            // So are they where what one name shares with what is beside it makes another.
            let is_other = |run: &str| run.len() == mac.len() && !run.eq_ignore_ascii_case(mac);
            let names_another = written.split(|letter: char| !letter.is_ascii_hexdigit()).any(is_other);
            let is_plain = fold(written.as_bytes(), Folds::All) == written.as_bytes() && !names_another;
            part = part.file(&path, &secret(mac, "odd")).door(if is_plain { door } else { door.not_own() });
        }
    }
    part
}

/// A file's name in a path.
fn in_path(name: &str) -> String {
    name.bytes()
        .map(|byte| {
            let stays = byte.is_ascii_alphanumeric() || b"-._~:()!$'*,@|;=".contains(&byte);
            if stays { char::from(byte).to_string() } else { format!("%{byte:02x}") }
        })
        .collect()
}

/// Another host of the same address, which trusts nobody or is Off, and an Alias in it.
pub fn other_host(random: &mut Random) -> Part {
    let victim = random.one(&VICTIMS);
    let common = format!(
        "ServerName other.test\nDocumentRoot \"{{root}}/other\"\nAlias /borrowed \"{{docroot}}/cfg\"\n\
         Alias /pd \"{{docroot}}/cfg/{victim}.cfg\"\n<Directory \"{{root}}/other\">\nRequire all granted\n\
         <IfModule mod_mtlsprotect.c>\nMTLSProtect {}\n</IfModule>\n</Directory>",
        random.pick(&["Off", "Report"])
    );
    let mut part = Part::named("other_host")
        .server(&format!("<VirtualHost 127.0.0.1:{{https}}>\nSSLEngine on\n{{asks}}\n{common}\n</VirtualHost>"))
        .server(&format!("<VirtualHost 127.0.0.1:{{http}}>\n{common}\n</VirtualHost>"))
        .door(Door::path("/borrowed/{name}.cfg").header("Host", "other.test").not_own())
        .door(Door::path("/pd").header("Host", "other.test").fixed(victim).not_own());
    for mac in ALL {
        part = part.file(&format!("other/{mac}.cfg"), &format!("open to all, also {mac};\n"));
    }
    part
}
