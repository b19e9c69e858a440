"""Draws the modules' icons: ``$(VENV)/bin/python -m devtools.icons``; PNG for the host, SVG beside it.

Both come from the same list of shapes, so that they cannot differ.
"""

from .paths import ADDONS

SIZE = 128
WHITE = "#ffffff"

# {module: (background, [shape, …])}; a shape is (kind, numbers, colour) on a 128 grid:
# circle (x, y, r) · box (x, y, width, height, corner) · line (width, x, y, x, y, …)
ICONS = {
    "crm_relations": (
        "#1f6f8b",
        [
            ("line", (6, 64, 62, 34, 36, 64, 62, 94, 36, 64, 62, 64, 98), WHITE),
            ("circle", (64, 62, 17), WHITE),
            ("circle", (34, 36, 11), "#99d5c9"),
            ("circle", (94, 36, 11), "#f2c14e"),
            ("circle", (64, 98, 11), "#f78154"),
        ],
    ),
    "crm_relations_stock": (
        "#1f6f8b",
        [
            ("box", (34, 54, 60, 46, 6), WHITE),
            ("line", (5, 34, 70, 94, 70), "#1f6f8b"),
            ("line", (6, 64, 24, 64, 44, 54, 36, 64, 44, 74, 36), "#f2c14e"),
        ],
    ),
    "crm_relations_livechat": (
        "#1f6f8b",
        [
            ("box", (26, 32, 62, 44, 12), WHITE),
            ("box", (48, 58, 54, 38, 12), "#99d5c9"),
            ("line", (5, 60, 72, 90, 72), "#1f6f8b"),
            ("line", (5, 60, 83, 80, 83), "#1f6f8b"),
        ],
    ),
    "crm_relations_survey": (
        "#1f6f8b",
        [
            ("box", (34, 28, 60, 72, 8), WHITE),
            ("line", (6, 46, 50, 52, 56, 62, 44), "#99d5c9"),
            ("line", (5, 70, 51, 84, 51), "#1f6f8b"),
            ("line", (6, 46, 72, 58, 84), "#f78154"),
            ("line", (6, 58, 72, 46, 84), "#f78154"),
            ("line", (5, 70, 78, 84, 78), "#1f6f8b"),
        ],
    ),
    "crm_relations_margin": (
        "#1f6f8b",
        [
            ("box", (28, 68, 18, 30, 4), WHITE),
            ("box", (55, 50, 18, 48, 4), "#99d5c9"),
            ("box", (82, 32, 18, 66, 4), "#f2c14e"),
        ],
    ),
    "crm_callcenter": (
        "#5b4b8a",
        [
            (
                "line",
                (8, 34, 70, 34, 56, 42, 40, 64, 30, 86, 40, 94, 56, 94, 70),
                WHITE,
            ),
            ("box", (26, 64, 18, 32, 7), WHITE),
            ("box", (84, 64, 18, 32, 7), WHITE),
            ("line", (6, 93, 92, 84, 104, 70, 104), "#f2c14e"),
            ("circle", (66, 104, 6), "#f2c14e"),
        ],
    ),
    "crm_callcenter_survey": (
        "#5b4b8a",
        [
            ("box", (34, 28, 60, 72, 8), WHITE),
            ("line", (6, 46, 50, 52, 56, 62, 44), "#f2c14e"),
            ("line", (5, 70, 51, 84, 51), "#5b4b8a"),
            ("line", (6, 46, 76, 52, 82, 62, 70), "#f2c14e"),
            ("line", (5, 70, 78, 84, 78), "#5b4b8a"),
        ],
    ),
    "crm_marketing": (
        "#b23a48",
        [
            ("box", (26, 54, 26, 24, 5), WHITE),
            ("line", (10, 50, 62, 90, 38, 90, 92, 50, 70), WHITE),
            ("line", (8, 42, 78, 50, 98), WHITE),
            ("line", (6, 101, 54, 108, 50), "#f2c14e"),
            ("line", (6, 102, 65, 111, 65), "#f2c14e"),
            ("line", (6, 101, 76, 108, 80), "#f2c14e"),
        ],
    ),
    "crm_marketing_survey": (
        "#b23a48",
        [
            ("box", (34, 28, 60, 72, 8), WHITE),
            ("line", (6, 46, 50, 52, 56, 62, 44), "#f2c14e"),
            ("line", (5, 70, 51, 84, 51), "#b23a48"),
            ("line", (6, 46, 76, 52, 82, 62, 70), "#f2c14e"),
            ("line", (5, 70, 78, 84, 78), "#b23a48"),
        ],
    ),
    "crm_marketing_event": (
        "#b23a48",
        [
            ("box", (28, 36, 72, 62, 8), WHITE),
            ("line", (6, 46, 28, 46, 44), "#f2c14e"),
            ("line", (6, 82, 28, 82, 44), "#f2c14e"),
            ("line", (5, 28, 56, 100, 56), "#b23a48"),
            ("line", (7, 50, 76, 60, 86, 80, 66), "#f2c14e"),
        ],
    ),
    "crm_reports": (
        "#2e7d5b",
        [
            ("box", (28, 72, 16, 28, 3), WHITE),
            ("box", (52, 56, 16, 44, 3), WHITE),
            ("box", (76, 42, 16, 58, 3), WHITE),
            ("line", (6, 30, 54, 56, 38, 76, 30, 100, 22), "#f2c14e"),
            ("circle", (100, 22, 6), "#f2c14e"),
        ],
    ),
}


def draw():
    """Write icon.png (128 × 128) and icon.svg of every module that is in the project."""
    for module, (background, shapes) in ICONS.items():
        folder = ADDONS / module
        if not folder.exists():
            continue
        target = folder / "static" / "description"
        target.mkdir(parents=True, exist_ok=True)
        _png(background, shapes).save(target / "icon.png", optimize=True)
        (target / "icon.svg").write_text(_svg(background, shapes))


def _png(background, shapes):
    from PIL import Image, ImageDraw

    scale = 4  # drawn large, then reduced: smooth edges
    image = Image.new("RGBA", (SIZE * scale, SIZE * scale), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle(
        (0, 0, SIZE * scale - 1, SIZE * scale - 1), 20 * scale, background
    )
    for kind, numbers, colour in shapes:
        _SHAPES[kind][0](pen, [number * scale for number in numbers], colour)
    return image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def _draw_circle(pen, numbers, colour):
    x, y, r = numbers
    pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)


def _draw_box(pen, numbers, colour):
    x, y, width, height, corner = numbers
    pen.rounded_rectangle((x, y, x + width, y + height), corner, fill=colour)


def _draw_line(pen, numbers, colour):
    width, *points = numbers
    pairs = list(zip(points[::2], points[1::2], strict=True))
    pen.line(pairs, fill=colour, width=int(width), joint="curve")
    for x, y in pairs:
        _draw_circle(pen, (x, y, width / 2), colour)


def _svg(background, shapes):
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">',
        f'  <rect width="{SIZE}" height="{SIZE}" rx="20" fill="{background}" />',
        *(f"  {_SHAPES[kind][1](numbers, colour)}" for kind, numbers, colour in shapes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _svg_circle(numbers, colour):
    x, y, r = numbers
    return f'<circle cx="{x}" cy="{y}" r="{r}" fill="{colour}" />'


def _svg_box(numbers, colour):
    x, y, width, height, corner = numbers
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{corner}" '
        f'fill="{colour}" />'
    )


def _svg_line(numbers, colour):
    width, *points = numbers
    text = " ".join(f"{x},{y}" for x, y in zip(points[::2], points[1::2], strict=True))
    return (
        f'<polyline points="{text}" fill="none" stroke="{colour}" stroke-width="{width}" '
        'stroke-linecap="round" stroke-linejoin="round" />'
    )


# {kind: (draws it into the PNG, writes it into the SVG)}
_SHAPES = {
    "circle": (_draw_circle, _svg_circle),
    "box": (_draw_box, _svg_box),
    "line": (_draw_line, _svg_line),
}

if __name__ == "__main__":
    draw()
