#!/bin/sh
# Makes the fonts of printed documents anew from the Debian package of Noto Sans. Run it in this folder, on Debian 12 as root
# or with a package index that is up to date:
#   ./update.sh
# Then follow the rest of README.md.
set -eu

here="$(cd "$(dirname "$0")" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download fonts-noto-core=20201225-1
dpkg -x fonts-noto-core_*.deb package
noto="$work/package/usr/share/fonts/truetype/noto"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check fonttools==4.68.0

# No layout tables: text is set character by character. No hinting: printers and screens of today do without.
subset() {
    venv/bin/pyftsubset "$noto/$1.ttf" --output-file="$2" --unicodes="$3" --layout-features='' --no-hinting \
        --notdef-outline --name-IDs='*' --drop-tables+=GDEF,GPOS,GSUB,MATH,DSIG
}

# Latin with its extensions, Greek, Cyrillic, combining marks, punctuation, currency signs, letter-like signs, fractions.
letters='U+0020-007E,U+00A0-024F,U+02B0-02FF,U+0300-036F,U+0370-03E1,U+03F0-052F,U+1E00-1FFF,U+2000-206F,U+2070-209F'
letters="$letters,U+20A0-20CF,U+2100-218F,U+2C60-2C7F,U+A720-A7FF,U+AB30-AB6F,U+FB00-FB06,U+FFFD"
# What Noto Sans itself lacks and descriptions use: arrows, the signs of a sum, ticks and bullets.
arrows='U+2190-2195,U+21D0,U+21D2,U+21D4,U+2202,U+2206,U+220F,U+2211,U+2212,U+221A,U+221E,U+2248,U+2260,U+2264,U+2265'
shapes='U+25A0,U+25A1,U+25B2,U+25B6,U+25BA,U+25BC,U+25C6,U+25CB,U+25CF,U+2605,U+2606,U+2610-2612,U+2713,U+2714,U+2717,U+2718'

subset NotoSansMath-Regular arrows.ttf "$arrows"
subset NotoSansSymbols2-Regular shapes.ttf "$shapes"
for weight in Regular Bold; do
    subset "NotoSans-$weight" letters.ttf "$letters"
    venv/bin/python - "$here/NotoSans-$weight.ttf" << 'PYTHON'
import sys
from fontTools import merge
from fontTools.ttLib import TTFont

letters = TTFont("letters.ttf")
font = merge.Merger().merge(["letters.ttf", "arrows.ttf", "shapes.ttf"])
# The signs lend their shapes, nothing else: names, line height and style stay those of Noto Sans.
for table in ("name", "OS/2", "hhea", "post"):
    for key, value in vars(letters[table]).items():
        if key not in ("glyphOrder", "extraNames", "mapping", "numberOfHMetrics", "usFirstCharIndex", "usLastCharIndex"):
            setattr(font[table], key, value)
for key in ("created", "modified", "fontRevision", "macStyle"):
    setattr(font["head"], key, getattr(letters["head"], key))
font["post"].formatType = 3.0
font.recalcTimestamp = False
font.save(sys.argv[1])
PYTHON
done
sha256sum "$here"/*.ttf
