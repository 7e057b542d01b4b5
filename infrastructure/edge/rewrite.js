// Viewer requests of the site's CloudFront distribution; runtime cloudfront-js-2.0.
// `make edge` copies this file into edge.yaml, whose deployment puts the domain into the next line.
var CANONICAL_HOST = '${DomainName}';

// Addresses as this site has them: segments of harmless characters that begin with none but these.
// Nothing else is redirected. It goes to the bucket as it came, is not there, and gets the 404 page;
// so `//host`, `/\host`, `/%5chost`, dots and control characters never reach a Location header.
var PLAIN = /^\/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*\/)*(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*)?$/;

// `feed.atom` and `2026-06-18.json` are files; `2606.01234` is a paper, whose page is a folder.
var FILE = /\.[a-z][a-z0-9]*$/;

var PRINTABLE = /^[!-~]+$/;
var INDEX = 'index.html';

function handler(event) {
  var request = event.request;
  var uri = request.uri;
  if (PLAIN.test(uri)) {
    var base = isElsewhere(request.headers.host) ? 'https://' + CANONICAL_HOST : '';
    var address = addressOf(uri);
    if (base || address !== uri) {
      return redirect(base + address + search(request.querystring));
    }
  }
  if (uri.endsWith('/')) {
    request.uri = uri + INDEX;
  }
  return request;
}

// Whether the reader asked a host that is not the site's own, where it has one.
function isElsewhere(host) {
  return CANONICAL_HOST !== '' && Boolean(host)
    && host.value.toLowerCase().replace(/:\d+$/, '') !== CANONICAL_HOST;
}

// The one address of what a plain path names: a page's ends with a slash.
function addressOf(uri) {
  if (uri.endsWith('/' + INDEX)) {
    return uri.slice(0, -INDEX.length);
  }
  return uri.endsWith('/') || FILE.test(uri) ? uri : uri + '/';
}

// The query string again, as it came: CloudFront splits it and decodes nothing.
function search(querystring) {
  var parts = [];
  Object.keys(querystring).forEach(function (name) {
    var field = querystring[name];
    (field.multiValue || [field]).forEach(function (one) {
      var part = one.value === '' ? name : name + '=' + one.value;
      if (PRINTABLE.test(part)) {
        parts.push(part);
      }
    });
  });
  return parts.length ? '?' + parts.join('&') : '';
}

function redirect(location) {
  return {
    statusCode: 301,
    statusDescription: 'Moved Permanently',
    headers: {
      location: { value: location },
      // Without it browsers keep a 301 for as long as they like.
      'cache-control': { value: 'public, max-age=3600' },
    },
  };
}
