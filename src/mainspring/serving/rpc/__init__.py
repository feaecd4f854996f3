"""The gRPC door: the Open Inference Protocol with Triton's additions, health and reflection.

:class:`RpcOptions` says how it answers; :class:`mainspring.serving.rpc.server.RpcServer` answers, in the event
loop of the HTTP server, and :class:`mainspring.serving.rpc.client.RpcClient` asks. Both of these need the extra
``grpc``, which is why neither is imported here. What is spoken is in ``protos``, for others to compile.
"""

from mainspring.serving.rpc.options import RpcOptions

__all__ = ["RpcOptions"]
