"""The emulator's process as ministack has it, without the gate: what a page could do there."""

from unittest.mock import patch

from infrastructure.local import ministack_server

if __name__ == "__main__":
    with patch.object(ministack_server, "gated", lambda app, *_: app):
        ministack_server.main()
