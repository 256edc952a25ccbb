"""Responses of the services with an XML protocol. The parser is imported for the first one: most containers need none.

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

from aws_client.errors import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from aws_client.caller import Reply


def root(body: bytes) -> Element:
    """The document's root; the names of its elements without namespaces. Raises Unreadable."""
    from xml.etree.ElementTree import ParseError, XMLParser

    parser = XMLParser()  # noqa: S314 - libexpat limits entity expansion and loads no external entities
    try:
        parser.feed(body)
        document: Element = parser.close()
    except (ParseError, ValueError, LookupError):  # the last two: the document declares an unknown encoding
        raise Unreadable("expected XML") from None
    for element in document.iter():
        element.tag = element.tag.rpartition("}")[2]
    return document


def explain(reply: Reply) -> tuple[str, str]:
    """Code and message of an error, which is the root or a child of it; empty if there are none."""
    try:
        document = root(reply.body)
    except Unreadable:
        return "", ""
    error = document if document.tag == "Error" else document.find("Error")
    return ("", "") if error is None else (error.findtext("Code", ""), error.findtext("Message", ""))
