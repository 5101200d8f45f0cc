"""`rulewright plugins`"""

from __future__ import annotations

import click

from rulewright.cli.options import OutputChoices, listing_options


@click.command("plugins")
@listing_options
def command(output: OutputChoices) -> None:
    """List the plug-ins: what each adds, and from where.

    Plug-ins are found by the entry points of installed packages, in the group `rulewright`, and by `plugins`
    in rulewright.toml. What ships with Rulewright comes first.
    """
    from rulewright.cli.configured import configured_registry  # noqa: PLC0415 - for a fast --help
    from rulewright.cli.output import chosen_format  # noqa: PLC0415
    from rulewright.cli.results import write  # noqa: PLC0415
    from rulewright.plugins.listing import plugins_json, plugins_text  # noqa: PLC0415
    from rulewright.report.text import dump_json  # noqa: PLC0415

    registry = configured_registry()
    if chosen_format(output) in ("json", "jsonl"):
        indent = 2 if output.format == "json" else None
        listed = plugins_json(registry)
        texts = [listed] if indent else listed
        write("".join(dump_json(one, indent=indent) + "\n" for one in texts))
    else:
        write(plugins_text(registry))
