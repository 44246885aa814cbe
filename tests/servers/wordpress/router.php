<?php
// What a web server's rewrite rules do: files as they are, folders by their index.php, all else to WordPress.
$base = parse_url(getenv('WORDPRESS_URL'), PHP_URL_PATH) ?: '';
$path = urldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
if ($base !== '' && !str_starts_with($path . '/', $base . '/')) {
    http_response_code(404);
    echo 'The shop itself is no WordPress.';
    return true;
}
$file = getenv('WORDPRESS_FILES') . substr($path, strlen($base));
if (is_dir($file) && is_file(rtrim($file, '/') . '/index.php')) {
    $path = rtrim($path, '/') . '/index.php';
    $file = rtrim($file, '/') . '/index.php';
}
if (!str_ends_with($file, '.php')) {
    if (is_file($file)) {
        readfile($file);
        return true;
    }
    $path = $base . '/index.php';
    $file = getenv('WORDPRESS_FILES') . '/index.php';
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $path;
$_SERVER['SCRIPT_FILENAME'] = $file;
chdir(dirname($file));
require $file;
return true;
