"""A page about one model: what it takes and gives, how to ask it, and a place to try.

Nothing is loaded from elsewhere: style and script are in the page, and its policy allows no others.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

from mainspring.models.signature import Field
from mainspring.serving.endpoint import schemas
from mainspring.serving.endpoint.answers import Answer
from mainspring.serving.ports import Answering

_WORDS = 12
"""So many known categories are shown."""

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--quiet:#767676;--soft:#8881;--accent:#0b6bcb}
@media(prefers-color-scheme:dark){:root{--quiet:#9a9a9a;--accent:#6cb2f7}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
p{margin:.4rem 0}.quiet{color:var(--quiet)}
code,pre,textarea{font:.875rem/1.5 ui-monospace,monospace}
pre,textarea{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.75rem;overflow:auto;
width:100%}
pre{margin:.5rem 0;max-height:24rem}pre:empty{display:none}textarea{min-height:9rem;resize:vertical;color:inherit}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;font-size:.875rem}a{color:var(--accent)}
button{font:inherit;padding:.35rem 1rem;border-radius:6px;border:1px solid var(--accent);background:var(--accent);
color:Canvas;cursor:pointer}
button:focus-visible,textarea:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
"""

_SCRIPT = """
for(const command of document.querySelectorAll('pre'))
command.textContent=command.textContent.replace('http://HOST',location.origin);
const form=document.querySelector('form'),told=document.querySelector('#answer');
if(form)form.addEventListener('submit',async event=>{
event.preventDefault();told.textContent='…';
try{const began=performance.now(),answer=await fetch(form.action,{method:'POST',body:form.question.value}),
text=await answer.text();let shown=text;try{shown=JSON.stringify(JSON.parse(text),null,1)}catch{}
told.textContent=`${answer.status} · ${(performance.now()-began).toFixed(1)} ms\\n${shown}`}
catch(error){told.textContent=String(error)}});
"""

_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode("ascii")
_POLICY = (
    f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_HASH}'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", _POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
)


def page(model: Answering, versions: Sequence[str], *, picture: str = "") -> Answer:
    """The page of one version of a model.

    Args:
        model: What it is about.
        versions: All versions of it that can be asked.
        picture: Of a graph, as markup.
    """
    title = f"{model.name} {model.version}"
    body = "\n".join(
        [
            f"<h1>{escape(model.name)} <span class=quiet>{escape(model.version)}</span></h1>",
            f"<p class=quiet>{escape(_summary(model))}</p>",
            _versions(model, versions),
            _fields(
                "What it takes", model.inputs, "A row has a value for each of these, by name and in any order."
            ),
            _fields("What it gives", model.outputs, ""),
            f"<h2>How it answers</h2><div class=wide>{picture}</div>" if picture else "",
            _asking(model),
        ]
    )
    text = (
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f'<meta name=viewport content="width=device-width"><style>{_STYLE}</style>\n{body}\n'
        f"<script>{_SCRIPT}</script></html>\n"
    )
    return Answer(200, text.encode("utf-8", "backslashreplace"), _HEADERS)


def _summary(model: Answering) -> str:
    if model.classes is not None:
        return f"Classification, {len(model.classes)} classes; runs on {model.runtime}."
    return f"{model.task.capitalize() or 'A model of tensors'}; runs on {model.runtime}."


def _versions(model: Answering, versions: Sequence[str]) -> str:
    links = [
        escape(version)
        if version == model.version
        else f"<a href='{_path(model.name, version)}/docs'>{escape(version)}</a>"
        for version in versions
    ]
    here = _path(model.name, model.version)
    return (
        f"<p>Versions: {', '.join(links)} · <a href='{here}/openapi.json'>OpenAPI</a> · "
        f"<a href='{here}'>metadata</a> · <a href='{here}/stats'>statistics</a></p>"
    )


def _fields(title: str, fields: Sequence[Field], words: str) -> str:
    if not fields:
        return f"<h2>{title}</h2><p>That is known only by asking.</p>"
    rows = "".join(
        _row((f"<code>{escape(field.name)}</code>", field.datatype, _shape(field), _missing(field), _known(field)))
        for field in fields
    )
    head = _row(("name", "datatype", "shape", "missing values", "known values"), cell="th")
    return f"<h2>{title}</h2><p>{words}</p><div class=wide><table>{head}{rows}</table></div>"


def _row(cells: Iterable[str], *, cell: str = "td") -> str:
    return "<tr>" + "".join(f"<{cell}>{text}" for text in cells)


def _shape(field: Field) -> str:
    return "[" + ", ".join("rows" if size < 0 else str(size) for size in field.shape) + "]"


def _missing(field: Field) -> str:
    if not field.required:
        return "may be left out"
    return "null" if field.nullable else "never"


def _known(field: Field) -> str:
    if not field.domain:
        return ""
    more = f" and {len(field.domain) - _WORDS} more" if len(field.domain) > _WORDS else ""
    return ", ".join(f"<code>{escape(word)}</code>" for word in field.domain[:_WORDS]) + more


def _asking(model: Answering) -> str:
    examples = schemas.predict_request(model).get("examples")
    if not examples:
        return ""
    v2 = _path(model.name, model.version)
    v1 = v2.replace("/v2/", "/v1/", 1)
    question = json.dumps(examples[0], ensure_ascii=False, indent=1)
    tensors = json.dumps(schemas.infer_request(model)["examples"][0], ensure_ascii=False)
    rows = json.dumps(examples[0], ensure_ascii=False)
    return (
        "<h2>Ask it</h2><p>Rows, as plain JSON:</p>"
        f"<pre>{_command(f'{v1}:predict', rows)}</pre>"
        "<p>Columns, as tensors (Open Inference Protocol):</p>"
        f"<pre>{_command(f'{v2}/infer', tensors)}</pre>"
        f"<h2>Try it</h2><form action='{v1}:predict'><label for=question>Rows</label>"
        f"<textarea id=question name=question spellcheck=false>{escape(question)}</textarea>"
        "<p><button>Predict</button></p></form><pre id=answer aria-live=polite></pre>"
    )


def _command(path: str, body: str) -> str:
    return f"curl -d @- http://HOST{path} &lt;&lt;'END'\n{escape(body)}\nEND"


def _path(name: str, version: str) -> str:
    return escape(f"/v2/models/{quote(name, safe='')}/versions/{quote(version, safe='')}")
