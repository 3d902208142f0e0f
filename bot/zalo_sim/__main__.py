"""`python -m bot.zalo_sim`."""

from bot.zalo_sim.cli import main

raise SystemExit(main())
