// Plain rules without imports, so that the tool may live in the cache.
const globals = Object.fromEntries(
    [
        "window document console setTimeout clearTimeout setInterval clearInterval",
        "fetch FormData URL URLSearchParams Event KeyboardEvent MouseEvent CustomEvent",
        "localStorage sessionStorage navigator location odoo owl luxon crypto",
        "requestAnimationFrame IntersectionObserver ResizeObserver HTMLElement Blob File",
        "AbortController Promise Intl Node Element getComputedStyle process TextEncoder",
    ]
        .join(" ")
        .split(" ")
        .map((name) => [name, "readonly"]),
);

export default [
    {
        files: ["**/*.js", "**/*.mjs"],
        languageOptions: {ecmaVersion: 2022, sourceType: "module", globals},
        rules: {
            "array-callback-return": "error",
            curly: "error",
            eqeqeq: "error",
            "no-alert": "error",
            "no-console": ["error", {allow: ["warn", "error"]}],
            "no-const-assign": "error",
            "no-debugger": "error",
            "no-dupe-keys": "error",
            "no-empty": "error",
            "no-eval": "error",
            "no-redeclare": "error",
            "no-undef": "error",
            "no-unreachable": "error",
            "no-unused-vars": ["error", {argsIgnorePattern: "^_"}],
            "no-var": "error",
            "prefer-const": "error",
            complexity: ["error", 15],
        },
    },
    {
        files: ["devtools/**", "bench/**"],
        rules: {"no-console": "off"},
    },
];
