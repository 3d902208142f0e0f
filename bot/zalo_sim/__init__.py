"""A Zalo to try the bot against: Official Account API, OAuth and webhooks, in memory, on this machine only."""

from bot.zalo_sim.clock import Clock
from bot.zalo_sim.courier import DeliveryState, Outcome
from bot.zalo_sim.faults import Call, Fault, FaultKind, Faults
from bot.zalo_sim.simulator import Simulator
from bot.zalo_sim.wire import Credentials

__all__ = ["Call", "Clock", "Credentials", "DeliveryState", "Fault", "FaultKind", "Faults", "Outcome", "Simulator"]
