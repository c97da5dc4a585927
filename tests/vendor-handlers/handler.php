<?php
// Insecure on purpose: stands for the PHP handlers of the vendor's page, and keeps their holes.
//
//     HANDLER=json php -S 127.0.0.1:0 handler.php
//     HANDLER=form php -S 127.0.0.1:0 handler.php

declare(strict_types=1);

function decoded(string $segment): string|false
{
    return base64_decode(strtr($segment, '-_', '+/'));
}

function token_passes(mixed $token, string $secret): bool
{
    // The hole: only a token that is present is verified.
    if ($token === null) {
        return true;
    }
    if (!is_string($token)) {
        return false;
    }
    if (trim($token) === '') {
        return true;
    }
    $segments = explode('.', trim($token));
    if (count($segments) !== 3) {
        return false;
    }
    [$header, $payload, $mac] = $segments;
    $head = json_decode((string) decoded($header), true);
    $claims = json_decode((string) decoded($payload), true);
    if (!is_array($head) || !is_array($claims) || ($head['alg'] ?? null) !== 'HS256') {
        return false;
    }
    $right = hash_hmac('sha256', "$header.$payload", $secret, true);
    if (!hash_equals($right, (string) decoded($mac))) {
        return false;
    }
    $exp = $claims['exp'] ?? null;
    $nbf = $claims['nbf'] ?? null;
    return !(is_numeric($exp) && time() >= (int) $exp) && !(is_numeric($nbf) && time() < (int) $nbf);
}

function respond_to_json(string $body): array
{
    $data = json_decode($body, true);
    if (!is_array($data)) {
        return [400, ['error' => 'Invalid JSON']];
    }
    if (empty($data['invoice_id']) || empty($data['order_id'])) {
        return [400, ['error' => 'Missing invoice_id or order_id']];
    }
    if (!token_passes($data['token'] ?? null, getenv('JWT_SECRET') ?: 'super-secret')) {
        return [401, ['error' => 'Invalid token']];
    }
    return [200, ['message' => 'Postback received']];
}

function respond_to_form(string $body): array
{
    // The hole: the fields are read, the token is ignored.
    parse_str($body, $data);
    return [200, ['message' => 'Postback received']];
}

$body = (string) file_get_contents('php://input');
[$status, $response] = getenv('HANDLER') === 'form' ? respond_to_form($body) : respond_to_json($body);
http_response_code($status);
header('Content-Type: application/json');
echo json_encode($response);
