"""eBay's pages. Each page object is given a parsed page and does no I/O; `blocks.refuse` comes before them all."""
