<?php
// Sends postbacks, genuine and forged, as PHP's json_encode, http_build_query and streams encode them.
//
//     CRYPTOCLOUD_SECRET_KEY=... php send.php URL
//
// Prints one JSON line for each case, and exits with 1 if a response has an unexpected status.

declare(strict_types=1);

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const FORGED_ID = 'PHFORGED';
const OTHER_SECRET = 'another-key-of-thirty-two-bytes-and-more';

$secret = getenv('CRYPTOCLOUD_SECRET_KEY');
if (!$secret || $argc !== 2) {
    fwrite(STDERR, "usage: CRYPTOCLOUD_SECRET_KEY=... php send.php URL\n");
    exit(2);
}
define('SECRET', $secret);
define('NOW', time());
// The example of the vendor's page, with differences that were seen in production.
define('INFO', json_decode(file_get_contents(__DIR__ . '/invoice_info.json'), true, 512, JSON_THROW_ON_ERROR));
// PHP's own defaults for writing floats.
ini_set('precision', '14');
ini_set('serialize_precision', '-1');

/** Signs a token as usual PHP code does. A claim that is "-" is left out. */
function sign(mixed $id, array $changes = [], array $header = [], string $key = SECRET, string $hash = 'sha256'): string
{
    $claims = array_filter($changes + ['id' => $id, 'exp' => NOW + 240], fn ($value) => $value !== '-');
    return sign_text(json_encode($header + ['typ' => 'JWT', 'alg' => 'HS256']), json_encode($claims), $key, $hash);
}

function sign_text(string $header, string $claims, string $key = SECRET, string $hash = 'sha256'): string
{
    $message = segment($header) . '.' . segment($claims);
    return $message . '.' . segment(hash_hmac($hash, $message, $key, true));
}

function segment(string $data): string
{
    return rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
}

function as_json(array $fields): array
{
    return raw(json_encode($fields, JSON_THROW_ON_ERROR));
}

function as_form(array $fields): array
{
    return raw(http_build_query($fields), FORM_TYPE);
}

/** Without a type PHP sends that of a form. */
function raw(string $body, ?string $type = JSON_TYPE, array $headers = []): array
{
    return ['body' => $body, 'headers' => array_merge($type === null ? [] : ["Content-Type: $type"], $headers)];
}

$cases = [];

/** `$token` makes the token of an id. `$want` lists what the handler must see instead of what is sent. */
function genuine(string $name, callable $encode, array $fields = [], array $want = [], ?callable $token = null): void
{
    global $cases;
    $id = sprintf('PH%06d', count($cases) + 1);
    $sent = array_merge([
        'status' => 'success',
        'invoice_id' => $id,
        'amount_crypto' => 0.000113,
        'currency' => 'BNB',
        'order_id' => null,
        'token' => $token === null ? sign($id) : $token($id),
    ], $fields);
    if (($sent['invoice_info'] ?? null) === INFO) {
        $sent['invoice_info']['uuid'] = "INV-$id";
    }
    $want += [
        'invoice_id' => $id,
        'order_id' => $sent['order_id'] === '' ? null : $sent['order_id'],
        'amount' => (string) $sent['amount_crypto'],
        'currency' => $sent['currency'],
    ];
    $cases[] = [$name, 200, 'POST', $encode($sent), $want];
}

function forged(string $name, int $expect, array $request, string $method = 'POST'): void
{
    global $cases;
    $cases[] = [$name, $expect, $method, $request, null];
}

/** The fields of a forged postback; one that is "-" is left out. */
function postback(array $changes = []): array
{
    $fields = array_merge([
        'status' => 'success',
        'invoice_id' => FORGED_ID,
        'amount_crypto' => 0.000113,
        'currency' => 'BNB',
        'order_id' => 'ORDER_93223',
        'token' => sign(FORGED_ID),
    ], $changes);
    return array_filter($fields, fn ($value) => $value !== '-');
}

function genuine_cases(): void
{
    foreach (['JSON' => 'as_json', 'form' => 'as_form'] as $label => $encode) {
        genuine("$label: the page's example", $encode);
        $order_ids = [
            'ORDER_93223', '', 'None', 'null', '0012', 'Заказ №42', '注文-7', '😀👩‍🚀', 'a&b=c+d%41;e',
            '"quoted" \'too\' \\ /', ' spaces ', '100%', '2026/01/27',
        ];
        foreach ($order_ids as $order_id) {
            genuine("$label: order_id [$order_id]", $encode, ['order_id' => $order_id]);
        }
        $amounts = [
            [1e-5, '0.00001'], [1e-7, '0.0000001'], [1.13e-6, '0.00000113'], [0, '0'], [100, '100'], [102.0, '102'],
            [0.1 + 0.2, $label === 'JSON' ? '0.30000000000000004' : '0.3'], ['0.1', '0.1'],
        ];
        foreach ($amounts as [$amount, $wanted]) {
            genuine("$label: amount " . var_export($amount, true), $encode, ['amount_crypto' => $amount], ['amount' => $wanted]);
        }
        genuine("$label: unknown currency", $encode, ['currency' => 'USDT_NEW']);
        genuine("$label: unknown fields", $encode, ['user_email' => 'payer@example.invalid', 'list' => ['a' => [1, 2]]]);
        // In a form it becomes invoice_info[uuid]=... and so on.
        genuine("$label: invoice_info", $encode, ['invoice_info' => INFO]);
        // Nothing in it is signed, so nothing in it refuses.
        genuine("$label: invoice_info of another invoice", $encode, ['invoice_info' => ['uuid' => 'INV-PHOTHER'] + INFO]);
        genuine("$label: order_id a number", $encode, ['order_id' => 93223], ['order_id' => '93223']);
        genuine("$label: order_id of 1,024 bytes", $encode, ['order_id' => str_repeat('x', 1024)]);
        $tokens = [
            'white space around it' => fn ($id) => ' ' . sign($id) . "\n",
            'header with alg first' => fn ($id) => sign($id, [], ['alg' => 'HS256', 'typ' => 'JWT']),
            'header without typ' => fn ($id) => sign_text('{"alg":"HS256"}', json_encode(['id' => $id, 'exp' => NOW + 240])),
            'header with kid' => fn ($id) => sign($id, [], ['kid' => '1']),
            'id with INV-' => fn ($id) => sign("INV-$id"),
            'iat, nbf and others' => fn ($id) => sign($id, ['iat' => NOW, 'nbf' => NOW, 'iss' => 'https://x/', 'jti' => 1]),
            'valid for 300 s' => fn ($id) => sign($id, ['exp' => NOW + 300]),
        ];
        foreach ($tokens as $how => $token) {
            genuine("$label: token: $how", $encode, [], [], $token);
        }
    }
    $order = ['order_id' => 'Заказ/1'];
    $flags = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRETTY_PRINT | JSON_PRESERVE_ZERO_FRACTION;
    genuine('JSON: nothing escaped, indented', fn ($it) => raw(json_encode($it, $flags)), $order + ['amount_crypto' => 102.0], ['amount' => '102.0']);
    genuine('JSON: more escaped', fn ($it) => raw(json_encode($it, JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_QUOT)), ['order_id' => '<a&"b">']);
    genuine('JSON: charset', fn ($it) => raw(json_encode($it), 'application/json; charset=utf-8'), $order);
    genuine('JSON: quoted charset', fn ($it) => raw(json_encode($it), 'Application/JSON; charset="UTF-8"'), $order);
    foreach (['text/plain', FORM_TYPE, FORM_TYPE . 'X', 'application/octet-stream'] as $type) {
        genuine("JSON: under Content-Type $type", fn ($it) => raw(json_encode($it), $type), $order);
    }
    genuine("JSON: under PHP's own Content-Type", fn ($it) => raw(json_encode($it), null), $order);
    genuine("form: under PHP's own Content-Type", fn ($it) => raw(http_build_query($it), null), $order);
    genuine('form: charset', fn ($it) => raw(http_build_query($it), FORM_TYPE . '; charset=UTF-8'), $order);
    genuine('form: under text/plain', fn ($it) => raw(http_build_query($it), 'text/plain'), $order);
    $rfc3986 = fn ($it) => raw(http_build_query($it, '', '&', PHP_QUERY_RFC3986), FORM_TYPE);
    genuine('form: spaces as %20', $rfc3986, ['order_id' => 'a b+c~d']);
}

function forged_tokens(): array
{
    $good = sign(FORGED_ID);
    [$header, $claims, $mac] = explode('.', $good);
    $plain = json_encode(['id' => FORGED_ID, 'exp' => NOW + 240]);
    $rs256 = segment('{"typ":"JWT","alg":"RS256"}');
    openssl_sign("$rs256.$claims", $rsa, openssl_pkey_new(['private_key_bits' => 2048]), OPENSSL_ALGO_SHA256);
    $jwk = ['kty' => 'oct', 'k' => segment(OTHER_SECRET)];
    return [
        'empty' => '',
        'blank' => " \t\n",
        'the string null' => 'null',
        'Bearer' => "Bearer $good",
        'in quotes' => json_encode($good),
        'padded' => "$good=",
        'in padded base64' => implode('.', array_map('base64_encode', ['{"typ":"JWT","alg":"HS256"} ', $plain, 'x'])),
        'with NUL after it' => "$good\0",
        'and another' => "$good,$good",
        '2 segments' => "$header.$claims",
        '4 segments' => "$good.$mac",
        'alg none' => segment('{"typ":"JWT","alg":"none"}') . ".$claims.",
        'alg none with a MAC' => sign(FORGED_ID, [], ['alg' => 'none']),
        'alg hs256' => sign(FORGED_ID, [], ['alg' => 'hs256']),
        'alg true' => sign(FORGED_ID, [], ['alg' => true]),
        'alg in an array' => sign(FORGED_ID, [], ['alg' => ['HS256']]),
        'alg missing' => sign_text('{"typ":"JWT"}', $plain),
        'alg twice' => sign_text('{"alg":"none","alg":"HS256"}', $plain),
        'HS384' => sign(FORGED_ID, [], ['alg' => 'HS384'], SECRET, 'sha384'),
        'HS512' => sign(FORGED_ID, [], ['alg' => 'HS512'], SECRET, 'sha512'),
        'RS256' => "$rs256.$claims." . segment($rsa),
        'crit' => sign(FORGED_ID, [], ['crit' => ['exp']]),
        'b64' => sign(FORGED_ID, [], ['b64' => false]),
        'jku' => sign(FORGED_ID, [], ['jku' => 'https://attacker.invalid/keys.json']),
        'x5c' => sign(FORGED_ID, [], ['x5c' => ['MIIB']]),
        'jwk, signed with it' => sign(FORGED_ID, [], ['jwk' => $jwk], OTHER_SECRET),
        'kid of an empty file' => sign(FORGED_ID, [], ['kid' => '../../dev/null'], ''),
        'typ at+jwt' => sign(FORGED_ID, [], ['typ' => 'at+jwt']),
        'other secret' => sign(FORGED_ID, [], [], OTHER_SECRET),
        'super-secret' => sign(FORGED_ID, [], [], 'super-secret'),
        'secret with a line break' => sign(FORGED_ID, [], [], SECRET . "\n"),
        'SHA-512 under HS256' => sign(FORGED_ID, [], [], SECRET, 'sha512'),
        'MAC in hex' => "$header.$claims." . hash_hmac('sha256', "$header.$claims", SECRET),
        'signature cut' => substr($good, 0, -3),
        'signature changed' => "$header.$claims." . ($mac[0] === 'A' ? 'B' : 'A') . substr($mac, 1),
        'signature of another token' => "$header.$claims." . explode('.', sign('PHOTHER'))[2],
        'claims changed' => "$header." . segment(json_encode(['id' => FORGED_ID, 'exp' => NOW + 299])) . ".$mac",
        'expired' => sign(FORGED_ID, ['exp' => NOW - 120]),
        'without exp' => sign(FORGED_ID, ['exp' => '-']),
        'exp in a day' => sign(FORGED_ID, ['exp' => NOW + 86400]),
        'exp in milliseconds' => sign(FORGED_ID, ['exp' => (NOW + 240) * 1000]),
        'exp as a string' => sign(FORGED_ID, ['exp' => (string) (NOW + 240)]),
        'exp with a fraction' => sign(FORGED_ID, ['exp' => NOW + 240.5]),
        'exp null' => sign(FORGED_ID, ['exp' => null]),
        'exp the largest integer' => sign(FORGED_ID, ['exp' => PHP_INT_MAX]),
        'exp 1e400' => sign_text('{"alg":"HS256"}', '{"id":"' . FORGED_ID . '","exp":1e400}'),
        'exp twice' => sign_text('{"alg":"HS256"}', substr($plain, 0, -1) . ',"exp":' . (NOW + 240) . '}'),
        'nbf in ten minutes' => sign(FORGED_ID, ['nbf' => NOW + 600]),
        'iat in ten minutes' => sign(FORGED_ID, ['iat' => NOW + 600]),
        'of another invoice' => sign('PHOTHER'),
        'id a number' => sign(13),
        'id missing' => sign('-'),
        'id null' => sign(null),
        'claims in an array' => sign_text('{"alg":"HS256"}', "[$plain]"),
        'too long' => sign(FORGED_ID, ['note' => str_repeat('x', 4000)]),
    ];
}

function forged_cases(): void
{
    forged('JSON: token missing', 401, as_json(postback(['token' => '-'])));
    forged('form: token missing', 401, as_form(postback(['token' => '-'])));
    forged('JSON: token null', 401, as_json(postback(['token' => null])));
    forged('JSON: token in an array', 401, as_json(postback(['token' => [sign(FORGED_ID)]])));
    // It becomes token[0]=...
    forged('form: token in an array', 401, as_form(postback(['token' => [sign(FORGED_ID)]])));
    forged('JSON: token in an object', 401, as_json(postback(['token' => ['token' => sign(FORGED_ID)]])));
    forged('JSON: token true', 401, as_json(postback(['token' => true])));
    foreach (forged_tokens() as $name => $token) {
        forged("JSON: token $name", 401, as_json(postback(['token' => $token])));
        forged("form: token $name", 401, as_form(postback(['token' => $token])));
    }
    foreach (['JSON' => 'as_json', 'form' => 'as_form'] as $label => $encode) {
        foreach (['partial', 'fail', 'SUCCESS'] as $status) {
            forged("$label: status $status", 422, $encode(postback(['status' => $status])));
        }
        foreach (['status', 'invoice_id'] as $name) {
            forged("$label: $name missing", 400, $encode(postback([$name => '-'])));
            forged("$label: $name empty", 400, $encode(postback([$name => ''])));
        }
        foreach ([-1, -1e-5, 'NAN', '1_000', '1,5', '+1', '.5', '1e400', str_repeat('9', 40)] as $amount) {
            forged("$label: amount " . var_export($amount, true), 400, $encode(postback(['amount_crypto' => $amount])));
        }
        foreach (["A\0B", "A\r\nB", "A\x1bB", "A\u{fffd}B"] as $order_id) {
            forged("$label: order_id " . json_encode($order_id), 400, $encode(postback(['order_id' => $order_id])));
        }
        forged("$label: order_id of 1,025 bytes", 400, $encode(postback(['order_id' => str_repeat('x', 1025)])));
        forged("$label: currency with a line break", 400, $encode(postback(['currency' => "BNB\n"])));
        forged("$label: invoice_id with NUL", 400, $encode(postback(['invoice_id' => FORGED_ID . "\0"])));
    }
    forged('form: amount INF', 400, as_form(postback(['amount_crypto' => INF])));
    forged('form: amount NAN', 400, as_form(postback(['amount_crypto' => NAN])));
    $good = json_encode(postback());
    foreach (['NaN', 'Infinity', '1_000', '+1', '.5', '00.1'] as $text) {
        forged("JSON: amount $text, unquoted", 400, raw(str_replace('0.000113', $text, $good)));
    }
    forged('JSON: order_id true', 400, as_json(postback(['order_id' => true])));
    foreach (['status' => 'status', 'token' => 'token', 'tok\u0065n' => 'token', 'invoice_id' => 'invoice_id'] as $text => $name) {
        $twice = postback()[$name];
        forged("JSON: $text twice", 400, raw(substr($good, 0, -1) . ",\"$text\":\"$twice\"}"));
    }
    $form = http_build_query(postback());
    foreach (['status', 'token', 'invoice_id'] as $name) {
        forged("form: $name twice", 400, raw("$form&$name=" . postback()[$name], FORM_TYPE));
    }
    forged('JSON: an array', 400, as_json([postback()]));
    forged('JSON: a string', 400, raw(json_encode($good)));
    forged('JSON: empty', 400, raw(''));
    forged('JSON: cut off', 400, raw(substr($good, 0, -1)));
    $start = substr($good, 0, -1) . ',"extra":';
    forged('JSON: nested 100 levels deep', 400, raw($start . str_repeat('[', 100) . str_repeat(']', 100) . '}'));
    forged('JSON: nested 20,000 levels deep', 400, raw($start . str_repeat('[', 20000)));
    forged('JSON: half a surrogate pair', 400, raw("$start\"\\ud83d\"}"));
    forged('JSON: bytes that are not UTF-8', 400, raw("$start\"\xff\"}"));
    forged('JSON: a byte order mark', 400, raw("\u{feff}$good"));
    forged('JSON: in UTF-16', 400, raw(iconv('UTF-8', 'UTF-16', $good)));
    forged('JSON: in UTF-16 that says so', 415, raw(iconv('UTF-8', 'UTF-16', $good), 'application/json; charset=utf-16'));
    forged('form: in windows-1251', 415, raw($form, FORM_TYPE . '; charset=windows-1251'));
    forged('form: bytes that are not UTF-8', 400, raw(http_build_query(postback(['extra' => "\xff"])), FORM_TYPE));
    forged("form: under JSON's type", 400, raw($form));
    forged('form: empty', 400, raw('', FORM_TYPE));
    forged('form: plain text', 400, raw('hello', FORM_TYPE));
    forged('XML', 415, raw('<status>success</status>', 'text/xml'));
    $parts = '';
    foreach (postback() as $name => $value) {
        $parts .= "--x\r\nContent-Disposition: form-data; name=\"$name\"\r\n\r\n$value\r\n";
    }
    forged('multipart', 415, raw("$parts--x--\r\n", 'multipart/form-data; boundary=x'));
    forged('gzip', 415, raw(gzencode($good), JSON_TYPE, ['Content-Encoding: gzip']));
    forged('deflate by name only', 415, raw($good, JSON_TYPE, ['Content-Encoding: deflate']));
    forged('too large: JSON', 413, raw($good . str_repeat(' ', 70000)));
    forged('too large: form', 413, as_form(postback(['extra' => str_repeat('x', 70000)])));
    foreach (['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'] as $method) {
        forged("method $method", 405, in_array($method, ['GET', 'HEAD']) ? raw('', null) : as_json(postback()), $method);
    }
}

/** Returns the status and the body. The status is null if there was no response. */
function send(string $url, string $method, array $request): array
{
    $context = stream_context_create(['http' => [
        'method' => $method,
        'header' => $request['headers'],
        'content' => $request['body'],
        'user_agent' => 'Cryptocloud POSTBACK v2',
        'protocol_version' => 1.1,
        'follow_location' => 0,
        'ignore_errors' => true,
        'timeout' => 30,
    ]]);
    // It warns if it has to add its own Content-Type, which some cases want.
    $body = @file_get_contents($url, false, $context);
    if (!preg_match('{^HTTP/\S+ (\d{3})}', $http_response_header[0] ?? '', $match)) {
        return [null, error_get_last()['message'] ?? 'no response'];
    }
    return [(int) $match[1], (string) $body];
}

genuine_cases();
forged_cases();
$failures = 0;
foreach ($cases as [$name, $expect, $method, $request, $want]) {
    [$status, $response] = send($argv[1], $method, $request);
    echo json_encode(compact('name', 'expect', 'status', 'response', 'want'), JSON_THROW_ON_ERROR), "\n";
    if ($status !== $expect) {
        $failures++;
        fwrite(STDERR, "$name: " . json_encode($status) . " instead of $expect: $response\n");
    }
}
exit($failures > 0 ? 1 : 0);
