"""`rulewright export program|jsonschema|docs RESOURCE`, `openapi|diagram [NAME...]` and `rule-schema`"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import click

from rulewright.cli.options import Command, FormatName, hand_options_on, rules_option, rules_option_saying

if TYPE_CHECKING:
    from rulewright.export.diagrams import Kind, Language

# As rulewright.export.diagrams has them: importing it would slow --help down.
_KINDS: Final = ("workflow", "relations")
_LANGUAGES: Final = ("mermaid", "dot")


def _operation_option(text: str) -> Callable[[Command], Command]:
    return click.option("--operation", default="create", show_default=True, metavar="OPERATION", help=text)


@click.group("export")
@click.pass_context
def command(context: click.Context) -> None:
    """Derive documents from rule files."""
    hand_options_on(context, command)


@command.command("program", short_help="The Python that a resource's rules are compiled to.")
@click.argument("resource")
@_operation_option("What the program decides: create, update or an event.")
@rules_option
def export_program(resource: str, operation: str, rules: str | None) -> None:
    """Print the Python program that decides creates, updates or events of RESOURCE (for example ct_oi/case).

    It is generated from the rule file; reading it shows in which order what is judged.
    """
    from rulewright.cli.desk.opening import load_rules_of  # noqa: PLC0415 - for a fast --help
    from rulewright.cli.results import write  # noqa: PLC0415
    from rulewright.evaluation import find_resource, require_operation  # noqa: PLC0415
    from rulewright.export.program import program_text  # noqa: PLC0415

    compiled = load_rules_of(rules).compiled
    found = find_resource(compiled, resource)
    require_operation(found, operation)
    write(program_text(compiled, found, operation))


@command.command("jsonschema", short_help="The JSON Schema of what is sent to a resource.")
@click.argument("resource")
@_operation_option("What is sent to it: create, update or an event.")
@rules_option
def export_jsonschema(resource: str, operation: str, rules: str | None) -> None:
    """Print the JSON Schema (2020-12) of what creates a RESOURCE, updates it, or comes with an event.

    It refuses nothing that the rules take; what JSON Schema can't say stands under x-rulewright.
    """
    from rulewright.cli.desk.opening import load_rules_of  # noqa: PLC0415 - for a fast --help
    from rulewright.cli.results import write  # noqa: PLC0415
    from rulewright.evaluation import find_resource  # noqa: PLC0415
    from rulewright.export import json_schema  # noqa: PLC0415
    from rulewright.report.text import dump_json  # noqa: PLC0415

    found = find_resource(load_rules_of(rules).compiled, resource)
    write(dump_json(json_schema(found, operation), indent=2) + "\n")


@command.command("openapi", short_help="An OpenAPI 3.1 document of APIs and resources.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--server", "servers", metavar="URL", multiple=True, help="Where the API is (repeatable).")
@click.option("--format", "form", type=FormatName(("json", "yaml")), help="Default: json.")
@rules_option
def export_openapi(
    names: tuple[str, ...], servers: tuple[str, ...], form: str | None, rules: str | None
) -> None:
    """Print an OpenAPI 3.1 document of APIs and resources.

    NAME is an API (ct_oi) or a resource (ct_oi/case); without any, all that the rules have are described.
    Conditions, which OpenAPI can't say, stand under x-rulewright.
    """
    from rulewright.cli.desk.opening import load_rules_of  # noqa: PLC0415 - for a fast --help
    from rulewright.cli.folders import warn_of_rules_here  # noqa: PLC0415
    from rulewright.cli.results import write  # noqa: PLC0415
    from rulewright.export import openapi  # noqa: PLC0415
    from rulewright.report.text import dump_json, dump_yaml  # noqa: PLC0415

    if rules is None:
        warn_of_rules_here()
    document = openapi(load_rules_of(rules).compiled, names, servers)
    write(dump_yaml(document) if form == "yaml" else dump_json(document, indent=2) + "\n")


@command.command("docs", short_help="A page about a resource, in Markdown.")
@click.argument("resource")
@rules_option
def export_docs(resource: str, rules: str | None) -> None:
    """Print a page about a RESOURCE, in Markdown: its fields, conditions, effects and types."""
    from rulewright.cli.desk.opening import load_rules_of  # noqa: PLC0415 - for a fast --help
    from rulewright.cli.results import write  # noqa: PLC0415
    from rulewright.export import markdown  # noqa: PLC0415

    write(markdown(load_rules_of(rules).compiled, resource))


@command.command("diagram", short_help="A drawing of workflows or relations, in Mermaid or DOT.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--kind",
    type=click.Choice(_KINDS),
    help="The states of records, or how resources hang together (default: the workflow of a single resource "
    "that has one, else the relations).",
)
@click.option("--format", "language", type=FormatName(_LANGUAGES), help="Default: mermaid.")
@rules_option
def export_diagram(
    names: tuple[str, ...], kind: Kind | None, language: Language | None, rules: str | None
) -> None:
    """Print a diagram of resources and APIs (for example ct_oi/case, or ct_oi); without a NAME, of all.

    Mermaid is drawn by GitHub and by most documentation tools; DOT is the language of Graphviz.
    """
    from rulewright.cli.desk.opening import load_rules_of  # noqa: PLC0415 - for a fast --help
    from rulewright.cli.folders import warn_of_rules_here  # noqa: PLC0415
    from rulewright.cli.results import write  # noqa: PLC0415
    from rulewright.export import diagram  # noqa: PLC0415

    if rules is None:
        warn_of_rules_here()
    write(diagram(load_rules_of(rules).compiled, names, kind, language or "mermaid"))


@command.command("rule-schema", short_help="The JSON Schema of rule files, for editors.")
@click.option(
    "--kind",
    type=click.Choice(["resource", "api", "scenarios"]),
    default="resource",
    show_default=True,
    help="Of which files: <resource>.yaml, api.yaml or <resource>.test.yaml.",
)
@rules_option_saying("The rule files whose shared types are known (default: none).")
def export_rule_schema(kind: str, rules: str | None) -> None:
    """Print the JSON Schema (2020-12) of rule files, by which an editor helps to write them.

    Types and keywords of plug-ins are in it, and the shared types of the rules' api.yaml.
    """
    from rulewright.cli.configured import configured_registry  # noqa: PLC0415 - for a fast --help
    from rulewright.cli.results import write  # noqa: PLC0415
    from rulewright.cli.rule_files.schemas import schema_of  # noqa: PLC0415
    from rulewright.report.text import dump_json  # noqa: PLC0415

    write(dump_json(schema_of(kind, configured_registry(), rules), indent=2) + "\n")
