"""Made-up Chinese for an English text: no translation, but one that the gate has nothing against.

Sentence for sentence, with the source's formulas, numbers, names and addresses in their places and
words drawn by the text's own hash in between. It stands for a good model's answer.
"""

from __future__ import annotations

import hashlib
import random
import re

_KEPT = re.compile(
    r"https?://[^\s)\]}]+[^\s)\]}.,;]|\$\$.+?\$\$|\$[^$]+\$|\\[A-Za-z]+(?:\{[^{}]*\})*|[A-Za-z]*\d[\w.,%/-]*[\w%]|\d%?"
    r"|\b[A-Za-z]*[A-Z][A-Za-z]*[A-Z0-9][\w-]*|(?<=\d)\s?(?:\\?%|[x×])|\b\w+\.(?:com|org|io)\S*"
)
_PER_CENT = re.compile(r"(?<=\d)\s?(?:per\s?cent\b|\\?%)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z$\\])")
_WORDS = re.findall(
    r"\S+",
    """
研究 问题 方法 系统 模型 数据 结构 过程 结果 任务 目标 样本 特征 网络 训练 推断
误差 规模 精度 速度 成本 设计 机制 模块 策略 分布 约束 场景 环境 领域 语义 图像
文本 语言 声音 信号 算法 证明 边界 条件 参数 权重 空间 时间 频率 维度 梯度 损失
优化 搜索 规划 控制 估计 检测 识别 分类 生成 重建 压缩 传输 存储 计算 并行 调度
验证 比较 分析 观察 说明 改进 提高 降低 减少 扩展 保持 支持 依赖 组合 替换 迁移
适应 对齐 融合 分离 采样 校准 评价 统计 解释 预测 记忆 注意 反馈 交互 协作 安全
隐私 公平 稳健 高效 简单 灵活 通用
""",
)
_CHARACTERS = 0.36  # of Chinese for one of English, as good translations have


def chinese(english: str, *, ending: str = "。") -> str:
    """The same text always has the same words."""
    chance = random.Random(hashlib.sha256(english.encode()).hexdigest())
    text = _PER_CENT.sub("%", " ".join(english.split()))
    sentences = [_sentence(part, chance) for part in _SENTENCE.split(text)]
    return "。".join(sentences) + ending


def _sentence(english: str, chance: random.Random) -> str:
    parts, last = [], 0
    for kept in _KEPT.finditer(english):
        parts += [_filler(kept.start() - last, chance), f" {kept[0].strip()} "]
        last = kept.end()
    parts.append(_filler(len(english) - last, chance))
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def _filler(length: int, chance: random.Random) -> str:
    wanted = max(2, round(length * _CHARACTERS))
    return "".join(chance.choice(_WORDS) for _ in range((wanted + 1) // 2))
