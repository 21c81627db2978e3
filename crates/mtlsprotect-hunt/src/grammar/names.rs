//! Sites that say where else a device is named: in a header, a parameter, a cookie.

use super::applications::door;
use crate::keys::Which;
use crate::part::{Door, Part};
use crate::random::Random;
use crate::reader::From;
use crate::readers::{any_of, reader_of};

/// A header that CGI, WSGI and PHP have as HTTP_X_PHONE_MAC, in all its spellings.
pub const SPELLINGS: [&str; 4] = ["X-Phone-MAC", "X_Phone_MAC", "X-Phone_MAC", "X_Phone-MAC"];

/// Lines of a section that the module has alone.
fn section(path: &str, lines: &str) -> String {
    format!("<IfModule mod_mtlsprotect.c>\n<Location {path}>\n{lines}</Location>\n</IfModule>")
}

fn named_by(expression: &str) -> String {
    format!("MTLSProtectNamedBy \"{expression}\"\n")
}

/// An application that finds its phone by a header, whichever spelling it came in.
pub fn folded_header(random: &mut Random) -> Part {
    let number = any_of(random, |from| matches!(from, From::Header("X_PHONE_MAC", _)));
    // either one spelling and no other, or all of them
    let kept = match random.below(3) {
        0 => &SPELLINGS[..],
        at => &SPELLINGS[at - 1..at],
    };
    let mut part = Part::named("folded_header")
        .modules(&["proxy", "proxy_http"])
        .host(&format!("ProxyPass /fh/ http://127.0.0.1:{{backend}}/r{number}/"));
    for name in SPELLINGS.iter().filter(|name| !kept.contains(name)) {
        part = part.host(&format!("RequestHeader unset {name} early"));
    }
    let lines: String = kept.iter().map(|name| named_by(&format!("%{{req:{name}}}"))).collect();
    part = part.host(&section("/fh/", &lines));
    for name in kept {
        part = part.door(Door::path("/fh/get").header(name, "{name}").read_by(reader_of(number)));
    }
    part
}

/// An application that is told its phone by a header, as the documentation has it, and believes it.
pub fn told_by_header(random: &mut Random) -> Part {
    let number = any_of(random, |from| from == From::Header("PHONEMAC", Which::Last));
    Part::named("told_by_header")
        .modules(&["proxy", "proxy_http"])
        .host(&format!("ProxyPass /th/ http://127.0.0.1:{{backend}}/r{number}/"))
        .host(&section(
            "/th/",
            "RequestHeader unset PhoneMAC\nRequestHeader set PhoneMAC \"%{MTLSPROTECT_MAC}e\" env=MTLSPROTECT_MAC\n",
        ))
        .door(Door::path("/th/get").header("PhoneMAC", "{name}").read_by(reader_of(number)).not_own())
        .door(Door::path("/th/{own}.cfg").header("PhoneMAC", "{name}").read_by(reader_of(number)).not_own())
}

/// An application that finds its phone by a parameter or a cookie, and an expression that finds it there too.
pub fn by_expression(random: &mut Random) -> Part {
    let number = any_of(random, |from| matches!(from, From::RawParameter(_) | From::RawCookie(_)));
    let reader = reader_of(number);
    let part = Part::named("by_expression")
        .modules(&["rewrite", "proxy", "proxy_http"])
        .host(&format!("ProxyPass /ne/ http://127.0.0.1:{{backend}}/r{number}/"))
        .host(&section("/ne/", &named_by("%{reqenv:DEVICE}")));
    let (in_query, by_rewriting) = (reader.from.is_in_query(), random.chance(50));
    let set = match (in_query, by_rewriting) {
        (true, true) => "RewriteEngine On\nRewriteCond \"%{QUERY_STRING}\" \"(?:^|&)device=([^&]*)\"",
        (false, true) => "RewriteEngine On\nRewriteCond \"%{HTTP_COOKIE}\" \"(?:^|;) ?device=([^;]*)\"",
        (true, false) => "SetEnvIfExpr \"%{QUERY_STRING} =~ /(?:^|&)device=([^&]*)/\" DEVICE=$1",
        (false, false) => "SetEnvIf Cookie \"(?:^|;) ?device=([^;]*)\" DEVICE=$1",
    };
    let part = part.host(set);
    let part = if by_rewriting { part.host("RewriteRule \"^/ne/\" \"-\" [E=DEVICE:%1]") } else { part };
    let get = || Door::path("/ne/get").read_by(reader);
    if in_query {
        part.door(get().query("device={name}")).door(get().query("x=1&device={name}&device={own}").not_own())
    } else {
        part.door(get().header("Cookie", "device={name}")).door(get().header("Cookie", "a=1; device={name}; b=2"))
    }
}

/// An application that finds its phone by a header which httpd makes for it of what the client says.
pub fn made_header(random: &mut Random) -> Part {
    let number = any_of(random, |from| matches!(from, From::Header("X_PHONE_MAC", _)));
    let get = || Door::path("/mh/get").read_by(reader_of(number));
    let part = Part::named("made_header")
        .modules(&["proxy", "proxy_http"])
        .host(&format!("ProxyPass /mh/ http://127.0.0.1:{{backend}}/r{number}/"));
    let by_variable = "RequestHeader set X-Phone-MAC \"%{SAID}e\" env=SAID";
    let (part, made, door) = match random.below(5) {
        0 => (
            part.host("SetEnvIf Cookie \"(?:^|;) ?device=([^;]*)\" SAID=$1"),
            by_variable,
            get().header("Cookie", "device={name}"),
        ),
        1 => (
            part.host("SetEnvIfExpr \"%{QUERY_STRING} =~ /(?:^|&)device=([^&]*)/\" SAID=$1"),
            by_variable,
            get().query("device={name}"),
        ),
        2 => (part, "RequestHeader set X-Phone-MAC \"expr=%{req:XDevice}\"", get().header("XDevice", "{name}")),
        3 => (
            part,
            "RequestHeader set X-Phone-MAC \"expr=%{req:XDevice}\"\nRequestHeader edit X-Phone-MAC \"^urn:dev:\" \"\"",
            get().header("XDevice", "urn:dev:{name}"),
        ),
        _ => (
            part,
            "RequestHeader set X-Phone-MAC \"expr=%{req:XDevice}\"\nRequestHeader edit* X-Phone-MAC \"[/.]\" \"-\"",
            get().header("XDevice", "{name}"),
        ),
    };
    // what the client made up goes first, in all spellings
    let unset: String = SPELLINGS.iter().map(|name| format!("RequestHeader unset {name}\n")).collect();
    part.host(&format!("<Location /mh/>\n{unset}{made}\n</Location>"))
        .host(&section("/mh/", &named_by("%{req:X-Phone-MAC}")))
        .door(door)
}

/// An application that finds its phone by a parameter, under any key that its language takes for it.
pub fn parameters(random: &mut Random) -> Part {
    let number = any_of(random, |from| matches!(from, From::Parameter(_)));
    let get = |query: &str| Door::path("/np/get").query(query).read_by(reader_of(number));
    Part::named("parameters")
        .modules(&["proxy", "proxy_http"])
        .host(&format!("ProxyPass /np/ http://127.0.0.1:{{backend}}/r{number}/"))
        .host(&section("/np/", "MTLSProtectNameParameter mac phone_mac\n"))
        .door(door("/np/", number))
        .door(get("a=b&{mac}={name}&c=d"))
        .door(get("{mac}={own}&{mac}={name}").not_own())
        .door(get("{mac}={name}&{mac}={own}").not_own())
}
