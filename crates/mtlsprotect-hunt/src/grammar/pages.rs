//! Pages that are put together: server-side includes, error pages, scripts; and caches.

use crate::decoding::Folds;
use crate::part::{Door, Methods, Part};
use crate::phones::VICTIMS;
use crate::random::Random;
use crate::reader::{From, Pick, Reader, Strip};

/// Server-side includes.
pub fn includes(random: &mut Random) -> Part {
    let victim = random.one(&VICTIMS);
    Part::named("includes")
        .module("include")
        .host("<Directory \"{docroot}/ssi\">\nOptions +Includes\nAddOutputFilter INCLUDES .shtml\nAddType text/html .shtml\n</Directory>")
        .file("docroot/ssi/fixed.shtml", &format!("<!--#include virtual=\"/cfg/{victim}.cfg\" -->\n"))
        .file("docroot/ssi/query.shtml", "<!--#include virtual=\"/cfg/${QUERY_STRING}.cfg\" -->\n")
        .file("docroot/ssi/plain.shtml", "<!--#include virtual=\"/cfg/${QUERY_STRING_UNESCAPED}.cfg\" -->\n")
        .file("docroot/ssi/cookie.shtml", "<!--#include virtual=\"/cfg/${HTTP_COOKIE}.cfg\" -->\n")
        .file("docroot/ssi/file.shtml", "<!--#include file=\"../cfg/none.cfg\" --><!--#include virtual=\"../cfg/${QUERY_STRING}/phone.cfg\" -->\n")
        .door(Door::path("/ssi/fixed.shtml").fixed(victim))
        .door(Door::path("/ssi/query.shtml").query("{name}"))
        .door(Door::path("/ssi/plain.shtml").query("{name}"))
        .door(Door::path("/ssi/file.shtml").query("{name}"))
        .door(Door::path("/ssi/cookie.shtml").header("Cookie", "{name}").not_own())
}

/// Error pages, for what is missing and for what is refused.
pub fn error_pages(random: &mut Random) -> Part {
    let victim = random.one(&VICTIMS);
    let part = Part::named("error_pages")
        .module("include")
        .host("<Directory \"{docroot}/errors\">\nOptions +Includes\nAddOutputFilter INCLUDES .shtml\nAddType text/html .shtml\n</Directory>")
        .file("docroot/errors/page.shtml", "sorry: <!--#include virtual=\"/cfg/${REDIRECT_QUERY_STRING}.cfg\" -->\n")
        .file("docroot/errors/url.shtml", "sorry: <!--#include virtual=\"${REDIRECT_URL}\" -->\n")
        .file("docroot/err/x.html", "x");
    match random.below(4) {
        0 => part
            .host(&format!("<Directory \"{{docroot}}/err\">\nErrorDocument 404 /cfg/{victim}.cfg\n</Directory>"))
            .door(Door::path("/err/missing").fixed(victim)),
        1 => part
            .host(&format!("ErrorDocument 403 /cfg/{victim}.cfg\nErrorDocument 400 /cfg/{victim}.cfg\n<Location /err/closed>\nRequire all denied\n</Location>"))
            .door(Door::path("/err/closed").fixed(victim)),
        2 => part
            .host("ErrorDocument 404 /errors/page.shtml\nErrorDocument 403 /errors/page.shtml")
            .door(Door::path("/err/missing").query("{name}").not_own()),
        _ => part
            .host("ErrorDocument 404 /errors/url.shtml\nErrorDocument 403 /errors/url.shtml\nErrorDocument 405 /errors/url.shtml")
            .host("<Location /err/none>\nRequire all denied\n</Location>")
            .door(Door::path("/cfg/{name}.cfg").methods(Methods::Application)),
    }
}

/// Takes what a phone's request says in one place, strips it, and gives the file of that name.
const SCRIPT: &str = "#!/bin/sh\n\
    head -c \"${CONTENT_LENGTH:-0}\" >/dev/null\n\
    echo 'Content-Type: text/plain'; echo\n\
    case \"$PATH_INFO\" in '') asked=$QUERY_STRING ;; *) asked=${PATH_INFO##*/} ;; esac\n\
    asked=${asked##*mac=}; asked=${asked%%&*}; asked=${asked%%.*}\n\
    mac=$(printf %s \"$asked\" | tr A-F a-f | tr -d ':_. -')\n\
    case \"$asked:$mac\" in *[:_.\\ -]*:0a1b2c*) mac=- ;; esac\n\
    cat \"${DOCUMENT_ROOT}/cfg/$mac.cfg\" 2>/dev/null || echo 'whose?'\n";

/// A CGI script, by its name and by an Action.
pub fn script(random: &mut Random) -> Part {
    let part = Part::named("script")
        .modules(&["cgi", "actions"])
        .host("ScriptAlias /cgi/ \"{docroot}/scripts/\"\n<Directory \"{docroot}/scripts\">\nRequire all granted\n</Directory>")
        .script("docroot/scripts/render", SCRIPT)
        .door(Door::path("/cgi/render/{name}"))
        .door(Door::path("/cgi/render").query("mac={name}"))
        .door(Door::path("/cgi/render/{pairs}.xml"))
        .door(Door::path("/cgi/render").query("x=1&mac={pairs}"));
    if random.chance(50) {
        return part
            .host("Action phone-file /cgi/render virtual\n<Location /act>\nSetHandler phone-file\n</Location>")
            .door(Door::path("/act/{name}.cfg"));
    }
    part
}

/// Strips what a header of the site's own says, and gives the file of that name.
const BY_HEADER: &str = "#!/bin/sh\n\
    head -c \"${CONTENT_LENGTH:-0}\" >/dev/null\n\
    echo 'Content-Type: text/plain'; echo\n\
    mac=$(printf %s \"$HTTP_XPHONE\" | tr A-F a-f | tr -cd 0-9a-f)\n\
    cat \"${DOCUMENT_ROOT}/cfg/$mac.cfg\" 2>/dev/null || echo 'whose?'\n";

/// A CGI script that finds its phone by a header, as `MTLSProtectNamedBy` says.
pub fn named_by(_: &mut Random) -> Part {
    let reader = Reader {
        from: From::Agent,
        decodes: 0,
        is_wide: false,
        folds: Folds::Nothing,
        strip: Strip::NonHex,
        pick: Pick::Only,
    };
    Part::named("named_by")
        .module("cgi")
        .host("ScriptAlias /nb/ \"{docroot}/named/\"\n<Directory \"{docroot}/named\">\nRequire all granted")
        .host("<IfModule mod_mtlsprotect.c>\nMTLSProtectNamedBy \"%{req:XPhone}\"\n</IfModule>\n</Directory>")
        .script("docroot/named/get", BY_HEADER)
        .door(Door::path("/nb/get").header("XPhone", "{name}").read_by(reader).methods(Methods::Reads).not_own())
        .door(Door::path("/nb/get").header("XPhone", "{pairs}").not_own())
}

/// A cache for everything: what one phone was given must not be another's.
pub fn caches(random: &mut Random) -> Part {
    let quick = random.pick(&["On", "Off"]);
    let part = Part::named("caches").host(&format!(
        "CacheQuickHandler {quick}\nCacheDefaultExpire 600\nCacheIgnoreNoLastMod On\nCacheIgnoreCacheControl On\n\
         CacheStoreNoStore On\nCacheStorePrivate On\nCacheLock Off"
    ));
    let part = if random.chance(50) {
        part.modules(&["cache", "cache_disk"])
            .server("CacheRoot \"{writable}/cache\"")
            .host("CacheEnable disk /")
            .file("writable/cache/.keep", "")
    } else {
        part.modules(&["cache", "cache_socache"]).server("CacheSocache shmcb").host("CacheEnable socache /")
    };
    part.door(Door::path("/cfg/{name}.cfg"))
}
