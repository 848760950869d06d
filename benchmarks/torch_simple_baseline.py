"""The peer: ResNet-50 and three deconvolutions written plainly in PyTorch, channels last."""

from collections.abc import Callable

import torch
from torch import nn

LANDMARKS = 14
BLOCKS = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int):
        super().__init__()
        outputs = 4 * width
        self.body = nn.Sequential(
            nn.Conv2d(inputs, width, 1, stride, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, 1, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def simple_baseline(landmarks: int) -> nn.Module:
    """RGB (N, 3, S, S) -> heatmaps (N, K, S/4, S/4)."""
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for width, blocks, stride in BLOCKS:
        for block in range(blocks):
            layers.append(Bottleneck(channels, width, stride if block == 0 else 1))
            channels = 4 * width
    for _ in range(3):
        layers += [nn.ConvTranspose2d(channels, 256, 4, 2, 1, bias=False), nn.BatchNorm2d(256), nn.ReLU(inplace=True)]
        channels = 256
    return nn.Sequential(*layers, nn.Conv2d(channels, landmarks, 1))


def training_step(
    batch_size: int, image_size: int, *, threads: int, device: str = "cpu", precision: str = "tf32", mode: str = "eager"
) -> Callable[[int], float]:
    """A call that makes a number of steps of Adam on random images and heatmaps; returns the last loss.

    Args:
        precision: "fp32", "tf32" (for float32, where the device has it) or "mixed" (autocast to bfloat16).
        mode: "eager", "compiled" (`torch.compile`) or "graphs" (with CUDA graphs, `mode="reduce-overhead"`).
    """
    torch.set_num_threads(threads)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision != "fp32"
    network = simple_baseline(LANDMARKS).to(device, memory_format=torch.channels_last).train()
    optimizer = torch.optim.Adam(network.parameters(), 1e-5, eps=1e-8, fused=device != "cpu")
    images = torch.randn(batch_size, 3, image_size, image_size, device=device)
    images = images.contiguous(memory_format=torch.channels_last)
    truth = torch.rand(batch_size, LANDMARKS, image_size // 4, image_size // 4, device=device)

    def loss_of(images, truth):
        with torch.autocast(device, torch.bfloat16, enabled=precision == "mixed"):
            return nn.functional.mse_loss(network(images).float(), truth)

    if mode != "eager":
        loss_of = torch.compile(loss_of, mode="reduce-overhead" if mode == "graphs" else "default")

    def steps(count: int = 1) -> float:
        for _ in range(count):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(images, truth)
            loss.backward()
            optimizer.step()
        return loss.item()

    return steps
