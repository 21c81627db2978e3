//! What phones may write, with WebDAV.

use crate::part::{Door, Methods, Part};
use crate::random::Random;
use crate::store;

const FOLDER: &str = "<Directory \"{writable}/store\">\nDav On\nRequire all granted\n</Directory>";

fn with_store(mut part: Part) -> Part {
    part = part.modules(&["dav", "dav_fs"]);
    for (path, content) in store::files() {
        part = part.file(&format!("writable/store/{path}"), &content);
    }
    part
}

/// A folder of WebDAV.
pub fn dav(random: &mut Random) -> Part {
    let part = with_store(Part::named("dav")).host("Alias /dav \"{writable}/store\"");
    let part = if random.chance(50) {
        part.host(FOLDER)
    } else {
        part.host(
            "<Location /dav>\nDav On\n</Location>\n<Directory \"{writable}/store\">\nRequire all granted\n</Directory>",
        )
    };
    part.door(Door::path("/dav/{name}.cfg").methods(Methods::Dav))
        .door(Door::path("/dav/{name}/phone.cfg").methods(Methods::Dav))
        .door(Door::path("/dav/{name}/").methods(Methods::Dav))
        .door(Door::path("/dav/{shared}").methods(Methods::Dav).not_own())
}

/// A URL that names the sender above a folder that is shared.
pub fn own_alias(random: &mut Random) -> Part {
    let part = with_store(Part::named("own_alias")).host(FOLDER);
    let part = match random.below(3) {
        0 => part.host("AliasMatch \"^/own/[0-9a-f]{12}(/.*)?$\" \"{writable}/store$1\""),
        1 => part.host("Alias /own/0004f2aaaaaa \"{writable}/store\"\nAlias /own/0004f2bbbbbb \"{writable}/store\""),
        _ => part
            .module("rewrite")
            .host("Alias /hidden \"{writable}/store\"\nRewriteEngine On\nRewriteRule \"^/own/[0-9a-f]{12}(/.*)?$\" \"/hidden$1\" [PT]"),
    };
    part.door(Door::path("/own/{own}/{shared}").methods(Methods::Dav).not_own())
        .door(Door::path("/own/{own}/{name}.cfg").methods(Methods::Dav).not_own())
        .door(Door::path("/own/{own}/").methods(Methods::Dav).not_own())
}

/// Rewriting into a folder of WebDAV.
pub fn rewritten(random: &mut Random) -> Part {
    let flags = random.pick(&["[PT]", "[PT,QSA]", "[PT,NE]"]);
    with_store(Part::named("rewritten_dav"))
        .module("rewrite")
        .host("Alias /stored \"{writable}/store\"\nRewriteEngine On")
        .host(FOLDER)
        .host(&format!("RewriteRule \"^/up/([0-9a-f]{{6}})/([0-9a-f]{{6}})(\\.[a-z]+)$\" \"/stored/$1$2$3\" {flags}"))
        .host(&format!("RewriteRule \"^/all/(.*)$\" \"/stored/$1\" {flags}"))
        .door(Door::path("/up/{half}/{rest}.cfg").methods(Methods::Dav))
        .door(Door::path("/all/{name}.cfg").methods(Methods::Dav))
        .door(Door::path("/all/{shared}").methods(Methods::Dav).not_own())
}
