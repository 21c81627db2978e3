//! Applications behind Apache: proxied, rewritten, balanced, over a Unix socket and FastCGI.

use crate::part::{Door, Methods, Part};
use crate::phones::{ALL, VICTIMS, extension};
use crate::random::Random;
use crate::reader::{From, Reader};
use crate::readers::{any as any_reader, any_of, reader_of};

/// The flags of a rule that proxies.
fn flags(random: &mut Random) -> &'static str {
    random.pick(&["[P]", "[P,QSA]", "[P,B]", "[P,NE]", "[P,L]", "[P,QSA,NE]", "[P,QSD]"])
}

/// The door to an application, wherever it looks for the name.
pub fn door(prefix: &str, number: usize) -> Door {
    let reader = reader_of(number);
    let door = match reader.from {
        From::Path => Door::path(&format!("{prefix}{{name}}")),
        From::Query => Door::path(&format!("{prefix}get")).query("file={name}"),
        From::Parameter(_) => Door::path(&format!("{prefix}get")).query("{mac}={name}"),
        From::RawParameter(key) => Door::path(&format!("{prefix}get")).query(&format!("{key}={{name}}")),
        From::RawCookie(key) => Door::path(&format!("{prefix}get")).header("Cookie", &format!("{key}={{name}}")),
        From::Header(..) => Door::path(&format!("{prefix}get")).header("X-Phone-MAC", "{name}"),
        From::Cookie => Door::path(&format!("{prefix}get")).header("Cookie", "phone={name}").not_own(),
        From::Agent => Door::path(&format!("{prefix}get")).header("User-Agent", "Phone 1.0 {name}").not_own(),
        From::AgentTail => {
            Door::path(&format!("{prefix}get")).header("User-Agent", "Yealink SIP 66.84.0.15 {name}").not_own()
        }
        From::Host => Door::path(&format!("{prefix}get")).header("Host", "{name}.localhost").not_own(),
    };
    door.read_by(reader)
}

/// Queries that what is captured of a path is put into.
const QUERIES: &[&str] = &["mac=$1", "x=1&mac=$1", "mac=$1&x=1", "path=/$1", "mac=/$1"];

/// The number of an application that looks for the name in any query, or in the parameter that is known without further words.
fn any_of_query(random: &mut Random) -> usize {
    any_of(random, |from| match from {
        From::Query => true,
        From::Parameter(keys) => keys.name == "mac",
        _ => false,
    })
}

/// The door to such an application where the name ends the path, and comes to it with so many decodings less.
fn moved(prefix: &str, number: usize, escaped: usize) -> Door {
    let reader = reader_of(number);
    let reader = Reader { from: From::Path, decodes: reader.decodes.saturating_sub(escaped), ..reader };
    Door::path(&format!("{prefix}{{name}}")).read_by(reader)
}

/// ProxyPass.
pub fn proxied(random: &mut Random) -> Part {
    let number = any_reader(random);
    let options = random.pick(&["", " nocanon", " retry=0"]);
    Part::named("proxy")
        .modules(&["proxy", "proxy_http"])
        .host(&format!("ProxyPreserveHost On\nProxyPass /app/ http://127.0.0.1:{{backend}}/r{number}/{options}"))
        .door(door("/app/", number))
}

/// One phone's file of an application under a name that names nobody.
pub fn proxied_fixed(random: &mut Random) -> Part {
    let victim = random.one(&VICTIMS);
    Part::named("proxy_fixed")
        .modules(&["proxy", "proxy_http"])
        .host(&format!("ProxyPass /pp/pd http://127.0.0.1:{{backend}}/r0/{victim}.cfg"))
        .host(&format!("ProxyPassMatch \"^/pd/(front|hall)\" http://127.0.0.1:{{backend}}/r0/{victim}.cfg"))
        .host(&format!("<Location /pl/pd>\nProxyPass http://127.0.0.1:{{backend}}/r1/x?f={victim}\n</Location>"))
        .door(Door::path("/pp/pd").fixed(victim).methods(Methods::Application))
        .door(Door::path("/pd/front").fixed(victim).methods(Methods::Application))
        .door(Door::path("/pl/pd").fixed(victim).methods(Methods::Application))
}

/// ProxyPassMatch that puts a name together.
pub fn proxied_match(random: &mut Random) -> Part {
    let number = any_reader(random);
    Part::named("proxy_match")
        .modules(&["proxy", "proxy_http"])
        .host("ProxyPreserveHost On")
        .host("ProxyPassMatch \"^/pm/h/([0-9a-f]{6})/([0-9a-f]{6})\" http://127.0.0.1:{backend}/r0/$1$2.cfg")
        .host(&format!("ProxyPassMatch \"^/pm/a/(.*)$\" http://127.0.0.1:{{backend}}/r{number}/$1"))
        .door(Door::path("/pm/h/{half}/{rest}").methods(Methods::Application))
        .door(door("/pm/a/", number))
}

/// ProxyPassMatch that moves a name from the path into the query.
pub fn proxied_query(random: &mut Random) -> Part {
    let number = any_of_query(random);
    let query = random.pick(QUERIES);
    // without nocanon httpd escapes the question mark
    let (options, escaped) = random.one(&[("nocanon", 0), ("nocanon", 0), ("nocanon mapping=encoded", 1)]);
    Part::named("proxy_query")
        .modules(&["proxy", "proxy_http"])
        .host(&format!("ProxyPassMatch \"^/pq/(.*)$\" http://127.0.0.1:{{backend}}/r{number}/app?{query} {options}"))
        .door(moved("/pq/", number, escaped))
}

/// `[P]` in a host that does so, with backreferences escaped or not.
pub fn rewritten_query(random: &mut Random) -> Part {
    let number = any_of_query(random);
    let query = random.pick(QUERIES);
    let flags =
        random.pick(&["[P]", "[P,NE]", "[P,B]", "[P,B,NE]", "[P,B,BNP]", "[P,B,BNP,NE]", "[P,B=&+,NE]", "[P,B,QSA]"]);
    // what is escaped once more the application has to decode first
    let escaped = usize::from(flags.contains(",B"));
    Part::named("rewrite_proxy_query")
        .modules(&["rewrite", "proxy", "proxy_http"])
        .host("RewriteEngine On")
        .host(&format!("RewriteRule \"^/rq/(.*)$\" \"http://127.0.0.1:{{backend}}/r{number}/app?{query}\" {flags}"))
        .door(moved("/rq/", number, escaped))
}

/// `[P]` in a host.
pub fn rewritten(random: &mut Random) -> Part {
    let (victim, flags, number) = (random.one(&VICTIMS), flags(random), any_reader(random));
    let lines: String = ALL.iter().map(|mac| format!("{} {mac}\n", extension(mac))).collect();
    Part::named("rewrite_proxy")
        .modules(&["rewrite", "proxy", "proxy_http"])
        .file("maps/proxied.txt", &lines)
        .host("RewriteEngine On\nProxyPreserveHost On\nRewriteMap proxied \"txt:{root}/maps/proxied.txt\"")
        .host(&format!("RewriteRule \"^/rp/pd\" \"http://127.0.0.1:{{backend}}/r0/{victim}.cfg\" {flags}"))
        .host(&format!(
            "RewriteRule \"^/rp/ext/([0-9]+)\" \"http://127.0.0.1:{{backend}}/r0/${{proxied:$1}}.cfg\" {flags}"
        ))
        .host(&format!(
            "RewriteRule \"^/rp/q/([0-9]+)\" \"http://127.0.0.1:{{backend}}/r1/x?f=${{proxied:$1}}\" {flags}"
        ))
        .host(&format!("RewriteRule \"^/rp/all/(.*)$\" \"http://127.0.0.1:{{backend}}/r{number}/$1\" {flags}"))
        .door(Door::path("/rp/pd").fixed(victim).methods(Methods::Application))
        .door(Door::path("/rp/ext/{extension}").methods(Methods::Application))
        .door(Door::path("/rp/q/{extension}").methods(Methods::Application))
        .door(door("/rp/all/", number))
}

/// `[P]` in a `<Directory>` or a .htaccess.
pub fn rewritten_in_directory(random: &mut Random) -> Part {
    let (victim, flags, number) = (random.one(&VICTIMS), flags(random), any_reader(random));
    let rules = format!(
        "RewriteEngine On\nRewriteRule \"^pd\" \"http://127.0.0.1:{{backend}}/r0/{victim}.cfg\" {flags}\n\
         RewriteRule \"^h/([0-9a-f]{{6}})/([0-9a-f]{{6}})\" \"http://127.0.0.1:{{backend}}/r1/x?f=$1$2\" {flags}\n\
         RewriteRule \"^all/(.*)$\" \"http://127.0.0.1:{{backend}}/r{number}/$1\" {flags}"
    );
    let part = Part::named("directory_proxy")
        .modules(&["rewrite", "proxy", "proxy_http"])
        .host("ProxyPreserveHost On")
        .file("docroot/dp/x.html", "x")
        .door(Door::path("/dp/pd").fixed(victim).methods(Methods::Application))
        .door(Door::path("/dp/h/{half}/{rest}").methods(Methods::Application))
        .door(door("/dp/all/", number));
    if random.chance(50) {
        part.host(&format!("<Directory \"{{docroot}}/dp\">\nOptions +FollowSymLinks\n{rules}\n</Directory>"))
    } else {
        part.host("<Directory \"{docroot}/dp\">\nOptions +FollowSymLinks\nAllowOverride All\n</Directory>")
            .file("docroot/dp/.htaccess", &rules)
    }
}

/// A balancer.
pub fn balancer(random: &mut Random) -> Part {
    let (victim, number) = (random.one(&VICTIMS), any_reader(random));
    Part::named("balancer")
        .modules(&["proxy", "proxy_http", "proxy_balancer", "slotmem_shm", "lbmethod_byrequests"])
        .server("<Proxy balancer://phones>\nBalancerMember http://127.0.0.1:{backend} retry=0\n</Proxy>")
        .host("ProxyPreserveHost On")
        .host(&format!("ProxyPassMatch \"^/ba/pd\" balancer://phones/r0/{victim}.cfg"))
        .host(&format!("ProxyPass /ba/ balancer://phones/r{number}/"))
        .door(Door::path("/ba/pd").fixed(victim).methods(Methods::Application))
        .door(door("/ba/", number))
}

/// Balancers that keep a session with one member, and one for each phone whose member has its file.
pub fn sticky_balancer(random: &mut Random) -> Part {
    let (victim, number) = (random.one(&VICTIMS), any_reader(random));
    let session = random.pick(&["ROUTE", "ROUTE|route", "phone|phone"]);
    let more = random.pick(&["", " nofailover=On", " scolonpathdelim=On", " stickysessionsep=_"]);
    let mut part = Part::named("sticky_balancer")
        .modules(&["proxy", "proxy_http", "proxy_balancer", "slotmem_shm", "lbmethod_byrequests"])
        .server(&format!(
            "<Proxy balancer://sticky>\nBalancerMember http://127.0.0.1:{{backend}} retry=0 route=0004f2aaaaaa\n\
             BalancerMember http://127.0.0.1:{{backend}}/b retry=0 route=b\nProxySet stickysession={session}{more}\n</Proxy>"
        ))
        .host("ProxyPreserveHost On")
        .host(&format!("ProxyPassMatch \"^/bs/pd\" balancer://phone-{victim}/x"))
        .host("ProxyPassMatch \"^/bs/of/([0-9a-f]{6})/([0-9a-f]{6})\" balancer://phone-$1$2/x")
        .host(&format!("ProxyPass /bs/ balancer://sticky/r{number}/"))
        .door(Door::path("/bs/pd").fixed(victim).methods(Methods::Application))
        .door(Door::path("/bs/of/{half}/{rest}").methods(Methods::Application))
        .door(door("/bs/", number))
        .door(door("/bs/s;route=x.b/", number).not_own());
    for mac in ALL {
        part = part.server(&format!(
            "<Proxy balancer://phone-{mac}>\nBalancerMember http://127.0.0.1:{{backend}}/r0/{mac}.cfg retry=0 route={mac}\n\
             ProxySet stickysession={session}\n</Proxy>"
        ));
    }
    part
}

/// An application's Unix socket.
pub fn unix_socket(random: &mut Random) -> Part {
    let (victim, number) = (random.one(&VICTIMS), any_reader(random));
    let part = Part::named("unix_socket")
        .modules(&["rewrite", "proxy", "proxy_http"])
        .host("RewriteEngine On\nProxyPreserveHost On")
        .host(&format!("ProxyPass /ux/ \"unix:{{socket}}|http://localhost/r{number}/\""))
        .door(door("/ux/", number));
    if random.chance(50) {
        part.host(&format!("ProxyPass /up/pd \"unix:{{socket}}|http://localhost/r0/{victim}.cfg\""))
            .door(Door::path("/up/pd").fixed(victim).methods(Methods::Application))
    } else {
        part.host(&format!("RewriteRule \"^/up/pd\" \"unix:{{socket}}|http://localhost/r0/{victim}.cfg\" [P]"))
            .door(Door::path("/up/pd").fixed(victim).methods(Methods::Application))
    }
}

/// FastCGI, by ProxyPassMatch or by a handler.
pub fn fastcgi(random: &mut Random) -> Part {
    let (victim, number) = (random.one(&VICTIMS), any_reader(random));
    let part = Part::named("fastcgi")
        .modules(&["rewrite", "proxy", "proxy_fcgi"])
        .file(&format!("docroot/php/r{number}.php"), "x")
        .file("docroot/php/r1.php", "x")
        .door(door(&format!("/php/r{number}.php/"), number))
        .host("RewriteEngine On")
        .host(&format!("RewriteRule \"^/fc/pd\" \"/php/r1.php?f={victim}\" [PT,QSA]"))
        .door(Door::path("/fc/pd").fixed(victim).methods(Methods::Application));
    if random.chance(50) {
        part.host("ProxyPassMatch \"^/php/(r[0-9]+\\.php.*)$\" fcgi://127.0.0.1:{fastcgi}{docroot}/php/$1")
    } else {
        part.host("<FilesMatch \"\\.php$\">\nSetHandler \"proxy:fcgi://127.0.0.1:{fastcgi}\"\n</FilesMatch>")
    }
}

/// A name in the authority of the URL that is asked for.
pub fn authority(random: &mut Random) -> Part {
    let flags = random.pick(&["[P]", "[P,QSA]", "[P,NE]"]);
    let victim = random.one(&[crate::phones::OTHER, crate::phones::DATED]);
    Part::named("authority")
        .modules(&["rewrite", "proxy", "proxy_http"])
        .host("RewriteEngine On\nProxyRemote * http://127.0.0.1:{backend}")
        .host(&format!("RewriteRule \"^/au/pd\" \"http://{victim}.phones.test/r19/device\" {flags}"))
        .host(&format!(
            "RewriteRule \"^/au/([0-9a-f]{{6}})/([0-9a-f]{{6}})\" \"http://$1$2.phones.test/r19/device\" {flags}"
        ))
        .door(Door::path("/au/pd").fixed(victim).methods(Methods::Application))
        .door(Door::path("/au/{half}/{rest}").methods(Methods::Application).not_own())
}
