<?php
// The configuration of one WordPress of the tests; what differs comes from the environment (server.py).
define('DB_NAME', 'wordpress');
define('DB_USER', 'wordpress');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:' . getenv('WORDPRESS_SOCKET'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
define('WP_CONTENT_DIR', getenv('WORDPRESS_CONTENT'));
define('WP_HOME', getenv('WORDPRESS_URL'));
define('WP_SITEURL', getenv('WORDPRESS_URL'));
define('WP_CONTENT_URL', getenv('WORDPRESS_URL') . '/wp-content');
define('WP_ENVIRONMENT_TYPE', getenv('WORDPRESS_TYPE') ?: 'local');  // "local": application passwords without https
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
define('EMPTY_TRASH_DAYS', 30);
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    define($name . '_KEY', 'key of the tests ' . $name);
    define($name . '_SALT', 'salt of the tests ' . $name);
}
$table_prefix = 'wp_';

function wp_mail() { return true; }

if (!defined('ABSPATH')) {
    define('ABSPATH', getenv('WORDPRESS_FILES') . '/');
}
require_once ABSPATH . 'wp-settings.php';
