"""How tables, banners and figures look, on the screen and on paper; for a page or a notebook's output.

Grey and small print keep a contrast of at least 4.5 to 1; nothing is said by colour alone. The doubled class names
outweigh JupyterLab's own rules for tables, which would centre rows and let them run off the page.
"""

from __future__ import annotations

from typing import Final

_FIGURE: Final = """
.wb-figure{margin:0 0 1em 0}
.wb-figure iframe{width:100%;border:0;background:#fff}
.wb-figure img{max-width:100%;background:#fff}
.wb-figure figcaption{font-size:.9em}
.wb-cites{font-size:12px;line-height:1.5;margin:-.6em 0 1em 0;overflow-wrap:anywhere}
.wb-cites code{font-size:11px;padding:0;background:transparent;margin-right:.5em}
.wb-cites .wb-name{font-size:11px;font-style:italic;color:#595959}
@media screen{.wb-live+.wb-still{display:none}}
@media print{.wb-live{display:none}.wb-figure{break-inside:avoid}.wb-figure img{max-height:230mm}}
"""

_TABLE: Final = """
.wb-shown{margin:0 0 1.2em 0}
.wb-shown .wb-title.wb-title.wb-title{font-size:14px;
font-weight:bold;text-align:left;color:inherit;margin:0;padding:.4em 0;break-after:avoid}
.wb-wide{overflow-x:auto}
.wb-table.wb-table{border-collapse:collapse;table-layout:auto;width:100%;font-size:12px;line-height:1.35;margin:0}
.wb-table.wb-table th,.wb-table.wb-table td{text-align:left;vertical-align:top;padding:.25em .4em;max-width:none}
.wb-table.wb-table th{border-bottom:1px solid #595959;white-space:normal;overflow-wrap:normal}
.wb-table.wb-table tbody{border-bottom:1px solid #b0b0b0}
.wb-table.wb-table tbody tr,.wb-table.wb-table tbody tr:hover{background:transparent}
.wb-table.wb-table .wb-words{white-space:pre-wrap;overflow-wrap:anywhere;min-width:6.5em}
.wb-table.wb-table .wb-said{min-width:15em}
.wb-table.wb-table .wb-handle{overflow-wrap:break-word;min-width:0}
.wb-table.wb-table .wb-time,.wb-table.wb-table .wb-time span,.wb-table.wb-table .wb-short{white-space:nowrap}
.wb-table.wb-table .wb-under td{padding-top:0;padding-left:1.6em;overflow-wrap:anywhere}
.wb-table.wb-table code{font-size:11px;padding:0;background:transparent;
white-space:normal;margin-right:.7em;display:inline-block;max-width:100%}
.wb-table.wb-table small{font-size:11px;color:#595959;overflow-wrap:anywhere}
.wb-table.wb-table .wb-name{font-size:11px;font-style:italic;color:#595959}
.wb-shown .wb-note.wb-note{font-size:.9em;line-height:1.35;margin:.3em 0 0 0}
.wb-shown .wb-means.wb-means{font-size:11px;color:#595959}
.wb-means .wb-name{font-style:italic;color:inherit}
@media screen{.wb-long{max-height:30em;overflow:auto}}
@media print{
.wb-table.wb-table th,.wb-table.wb-table td{padding:.2em .3em}
.wb-table.wb-table .wb-words{min-width:4.5em}
.wb-table.wb-table .wb-said{min-width:7em}
.wb-table.wb-table .wb-time{white-space:normal}
.wb-table.wb-roomy .wb-time{white-space:nowrap}
.wb-wide{overflow:visible}
.wb-table.wb-table{font-size:7.5pt}
.wb-cites,.wb-cites code,.wb-cites .wb-name{font-size:6.5pt;color:#000}
.wb-table.wb-table code,.wb-table.wb-table small,.wb-table.wb-table .wb-name{font-size:6.5pt;color:#000}
.wb-table.wb-table tbody{break-inside:avoid}
.wb-table.wb-table thead{display:table-header-group}
}
"""

_BANNER: Final = """
.wb-banner{border:2px solid #0072B2;padding:.5em 1em;margin:0 0 1em 0}
.wb-banner h2{margin:.2em 0 .4em 0}
.wb-banner dl{display:grid;grid-template-columns:max-content 1fr;gap:.2em 1em;margin:0}
.wb-banner.wb-banner dl dt{font-weight:bold;width:auto;white-space:nowrap}
.wb-banner dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}
.wb-warning{border-left:6px solid #D55E00;padding-left:.6em}
"""

_SHEET: Final = """
.wb-tiles{display:flex;flex-wrap:wrap;gap:10px;align-items:flex-start}
.wb-group.wb-group{font-size:12px;margin:.8em 0 .3em 0;border-bottom:1px solid #595959;break-after:avoid}
.wb-tile.wb-tile{width:170px;margin:0;border:1px solid #b0b0b0;padding:4px;break-inside:avoid;
background:#fff;color:#000}
.wb-tile.wb-tile img{display:block;max-width:100%;max-height:160px;margin:0 auto}
.wb-tile .wb-blank{height:110px;display:flex;align-items:center;justify-content:center;text-align:center;
border:1px dashed #595959;font-size:12px;padding:0 6px}
.wb-tile.wb-tile .wb-veil{margin:0 0 3px 0;padding:1px 3px;font-size:11px;line-height:1.35;background:#000;color:#fff}
.wb-tile.wb-tile figcaption{font-size:11px;line-height:1.35;margin-top:4px;text-align:left;overflow-wrap:anywhere}
.wb-tile.wb-tile code{font-size:10px;padding:0;background:transparent;white-space:normal}
@media print{
.wb-tile.wb-tile{width:40mm}
.wb-tile.wb-tile figcaption{font-size:7pt}
.wb-tile.wb-tile code{font-size:6.5pt}
}
"""

STYLE: Final = _FIGURE + _TABLE + _BANNER + _SHEET
"""Rules for everything that ``workbench.show`` makes."""
